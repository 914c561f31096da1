import { Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/api.js';
import { useFormErrors } from '../../api/use-form-errors.js';
import { FormButtons } from '../../components/form-buttons.js';
import { FormErrorAlert } from '../../components/form-error-alert.js';
import { SecretModal } from '../../components/secret-modal.js';

interface NewTenantModalProps {
  opened: boolean;
  onClose: () => void;
}

/** Creates a tenant and shows its first API key once. */
export default function NewTenantModal({ opened, onClose }: NewTenantModalProps) {
  const create = api.useMutation('post', '/v1/tenants', {
    meta: { failureShown: true, invalidates: ['/v1/tenants', '/v1/api-keys'] },
    onSuccess: onClose,
  });
  function close() {
    create.reset();
    onClose();
  }
  return (
    <>
      <Modal opened={opened} onClose={close} title="Create tenant" closeOnClickOutside={false}>
        <NewTenantForm
          onSubmit={(name) => create.mutate({ body: { name } })}
          onCancel={close}
          pending={create.isPending}
          error={create.error}
        />
      </Modal>
      <SecretModal
        secret={create.data?.key ?? null}
        title={`API key for ${create.data?.name ?? ''}`}
        onClose={create.reset}
      >
        It has full access to this tenant&apos;s data, except API keys. You only need it if your customer
        calls the API directly.
      </SecretModal>
    </>
  );
}

interface NewTenantFormProps {
  onSubmit: (name: string) => void;
  onCancel: () => void;
  pending: boolean;
  error: unknown;
}

const FIELDS = ['name'];

function NewTenantForm({ onSubmit, onCancel, pending, error }: NewTenantFormProps) {
  const form = useForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? 'Enter a name.' : null) },
  });
  const formErrors = useFormErrors(form, error, FIELDS);
  return (
    <form noValidate onSubmit={form.onSubmit(({ name }) => onSubmit(name.trim()))}>
      <Stack>
        <TextInput
          label="Name"
          maxLength={100}
          autoComplete="off"
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        <FormErrorAlert errors={formErrors} />
        <FormButtons submitLabel="Create tenant" pending={pending} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
