import { Modal, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useSeesAllTenants, type Scope } from '../../api/session.js';
import { ModalForm } from '../../components/modal-form.js';
import { SecretModal } from '../../components/secret-modal.js';
import { TenantPicker } from '../../components/tenant-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { SCOPES } from './api-key.js';
import { ExpirySelect } from './expiry-select.js';
import { toExpiresAt, type Expiry } from './expiry.js';
import { ScopesInput } from './scopes-input.js';

const FIELDS = ['name', 'tenantId', 'scopes'];
const DEFAULT_SCOPES = SCOPES.map(({ scope }) => scope).filter((scope) => scope !== 'admin');

interface NewApiKeyModalProps {
  opened: boolean;
  onClose: () => void;
}

/** Creates a key and shows it once. */
export default function NewApiKeyModal({ opened, onClose }: NewApiKeyModalProps) {
  const [key, setKey] = useState<string | null>(null);
  return (
    <>
      <Modal opened={opened} onClose={onClose} title="Create API key" closeOnClickOutside={false}>
        <NewApiKeyForm onClose={onClose} onCreated={setKey} />
      </Modal>
      <SecretModal secret={key} title="API key" onClose={() => setKey(null)}>
        Send it as a bearer token in the Authorization header.
      </SecretModal>
    </>
  );
}

interface NewApiKeyFormProps {
  onClose: () => void;
  onCreated: (key: string) => void;
}

function NewApiKeyForm({ onClose, onCreated }: NewApiKeyFormProps) {
  const tenantId = useTenantId() ?? null;
  const form = useForm<{ name: string; tenantId: string | null; scopes: Scope[]; expiry: Expiry }>({
    initialValues: { name: '', tenantId, scopes: DEFAULT_SCOPES, expiry: 'default' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name.' : null),
      scopes: (scopes) => (scopes.length === 0 ? 'Select at least one permission.' : null),
    },
  });
  const create = api.useMutation('post', '/v1/api-keys', {
    meta: { failureShown: true, invalidates: ['/v1/api-keys', '/v1/tenants/{id}'] },
    onSuccess({ key }) {
      onClose();
      onCreated(key);
    },
  });
  const canSelectTenant = useSeesAllTenants();
  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={create}
      submitLabel="Create key"
      onCancel={onClose}
      onSubmit={form.onSubmit(({ name, tenantId: selected, scopes, expiry }) =>
        create.mutate({
          body: {
            name: name.trim(),
            ...(selected !== null && { tenantId: selected }),
            scopes,
            expiresAt: toExpiresAt(expiry),
          },
        }),
      )}
    >
      <TextInput
        label="Name"
        placeholder="Shop backend"
        maxLength={100}
        autoComplete="off"
        required
        data-autofocus
        {...form.getInputProps('name')}
      />
      {canSelectTenant && (
        <TenantPicker
          label="Tenant"
          placeholder="All tenants"
          clearable
          clearButtonProps={{ 'aria-label': 'Select all tenants' }}
          {...form.getInputProps('tenantId')}
          value={form.values.tenantId}
        />
      )}
      <ScopesInput
        value={form.values.scopes}
        onChange={(scopes) => form.setFieldValue('scopes', scopes)}
        error={form.errors['scopes']}
      />
      <ExpirySelect
        label="Expires"
        value={form.values.expiry}
        onChange={(expiry) => form.setFieldValue('expiry', expiry)}
      />
    </ModalForm>
  );
}
