import { Modal, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import { SecretModal } from '../../components/secret-modal.js';

interface NewTenantModalProps {
  opened: boolean;
  onClose: () => void;
}

/** Creates a tenant and shows its first API key once. */
export default function NewTenantModal({ opened, onClose }: NewTenantModalProps) {
  const [created, setCreated] = useState<{ name: string; key: string } | null>(null);
  return (
    <>
      <Modal opened={opened} onClose={onClose} title="Create tenant" closeOnClickOutside={false}>
        <NewTenantForm onClose={onClose} onCreated={setCreated} />
      </Modal>
      <SecretModal
        secret={created?.key ?? null}
        title={`API key for ${created?.name ?? ''}`}
        onClose={() => setCreated(null)}
      >
        It has full access to this tenant&apos;s data, except API keys. You only need it if your customer
        calls the API directly.
      </SecretModal>
    </>
  );
}

const FIELDS = ['name'];

interface NewTenantFormProps {
  onClose: () => void;
  onCreated: (tenant: { name: string; key: string }) => void;
}

function NewTenantForm({ onClose, onCreated }: NewTenantFormProps) {
  const create = api.useMutation('post', '/v1/tenants', {
    meta: { failureShown: true, invalidates: ['/v1/tenants', '/v1/api-keys'] },
    onSuccess(tenant) {
      onClose();
      onCreated(tenant);
    },
  });
  const form = useForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? 'Enter a name.' : null) },
  });
  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={create}
      submitLabel="Create tenant"
      onCancel={onClose}
      onSubmit={form.onSubmit(({ name }) => create.mutate({ body: { name: name.trim() } }))}
    >
      <TextInput
        label="Name"
        maxLength={100}
        autoComplete="off"
        required
        data-autofocus
        {...form.getInputProps('name')}
      />
    </ModalForm>
  );
}
