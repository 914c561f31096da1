import { Modal, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { api } from '../../api/api.js';
import { SecretModal } from '../../components/secret-modal.js';

// Loaded on demand.
const NewApiKeyForm = lazy(() => import('./new-api-key-form.js'));

const FORM_HEIGHT = 640;

interface NewApiKeyModalProps {
  opened: boolean;
  onClose: () => void;
}

/** Creates a key and shows it once. */
export default function NewApiKeyModal({ opened, onClose }: NewApiKeyModalProps) {
  const create = api.useMutation('post', '/v1/api-keys', {
    meta: { failureShown: true, invalidates: ['/v1/api-keys', '/v1/tenants/{id}'] },
    onSuccess: onClose,
  });
  function close() {
    create.reset();
    onClose();
  }
  return (
    <>
      <Modal opened={opened} onClose={close} title="Create API key" closeOnClickOutside={false}>
        <Suspense fallback={<Skeleton height={FORM_HEIGHT} />}>
          <NewApiKeyForm
            onSubmit={(body) => create.mutate({ body })}
            onCancel={close}
            pending={create.isPending}
            error={create.error}
          />
        </Suspense>
      </Modal>
      <SecretModal secret={create.data?.key ?? null} title="API key" onClose={create.reset}>
        Send it as a bearer token in the Authorization header.
      </SecretModal>
    </>
  );
}
