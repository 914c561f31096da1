import { Modal, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { ModalForm } from '../../../components/modal-form.js';
import { SecretModal } from '../../../components/secret-modal.js';
import { t } from '../../../i18n/t.js';

interface NewFeedKeyProps {
  webhookId: string;
  opened: boolean;
  onClose: () => void;
}

/** Creates a key that reads only the feed of a webhook, and shows it once. */
export function NewFeedKey({ opened, onClose, webhookId }: NewFeedKeyProps) {
  const [key, setKey] = useState<string | null>(null);
  return (
    <>
      <Modal opened={opened} onClose={onClose} title={t('Create feed key')} closeOnClickOutside={false}>
        <NewFeedKeyForm webhookId={webhookId} onClose={onClose} onCreated={setKey} />
      </Modal>
      <SecretModal secret={key} title={t('Feed key')} onClose={() => setKey(null)}>
        {t('It reads only this feed. Send it as a bearer token in the Authorization header.')}
      </SecretModal>
    </>
  );
}

const FIELDS = ['name'];

interface NewFeedKeyFormProps extends Omit<NewFeedKeyProps, 'opened'> {
  onCreated: (key: string) => void;
}

function NewFeedKeyForm({ webhookId, onClose, onCreated }: NewFeedKeyFormProps) {
  const create = api.useMutation('post', '/v1/api-keys', {
    meta: { failureShown: true, invalidates: ['/v1/api-keys', '/v1/tenants/{id}'] },
    onSuccess({ key }) {
      onClose();
      onCreated(key);
    },
  });
  const form = useForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? t('Enter a name.') : null) },
  });
  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={create}
      submitLabel={t('Create key')}
      onCancel={onClose}
      onSubmit={form.onSubmit(({ name }) =>
        create.mutate({ body: { name: name.trim(), webhookId, scopes: ['feed:read'] } }),
      )}
    >
      <TextInput
        label={t('Name')}
        maxLength={100}
        autoComplete="off"
        required
        data-autofocus
        {...form.getInputProps('name')}
      />
    </ModalForm>
  );
}
