import { Modal, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useSeesAllTenants, type Scope } from '../../api/session.js';
import { ModalForm } from '../../components/modal-form.js';
import { SecretModal } from '../../components/secret-modal.js';
import { TenantsPicker } from '../../components/tenants-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { SCOPES } from './api-key.js';
import { ExpirySelect } from './expiry-select.js';
import { toExpiresAt, type Expiry } from './expiry.js';
import { ROLE_DESCRIPTIONS, ROLE_OPTIONS, type Role } from '../../components/roles.js';
import { ScopesInput } from './scopes-input.js';

const FIELDS = ['name', 'tenantId', 'tenantIds', 'role', 'scopes'];
const DEFAULT_SCOPES = SCOPES.map(({ scope }) => scope).filter((scope) => !scope.startsWith('admin'));

/** Own scopes, instead of those of a role. */
const OWN = 'own';

const ACCESS_OPTIONS = [...ROLE_OPTIONS, { value: OWN, label: 'Own permissions' } as const];

interface NewApiKeyValues {
  name: string;
  /** All tenants if there are none. */
  tenantIds: string[];
  role: Role | typeof OWN;
  scopes: Scope[];
  expiry: Expiry;
}

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
  const tenantId = useTenantId();
  const tenantIds = tenantId === undefined ? [] : [tenantId];
  const form = useForm<NewApiKeyValues>({
    initialValues: { name: '', tenantIds, role: 'viewer', scopes: DEFAULT_SCOPES, expiry: 'default' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name.' : null),
      scopes: (scopes, { role }) =>
        role === OWN && scopes.length === 0 ? 'Select at least one permission.' : null,
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
      onSubmit={form.onSubmit((values) => create.mutate({ body: toBody(values) }))}
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
        <TenantsPicker
          label="Tenants"
          placeholder="All tenants"
          value={form.values.tenantIds}
          onChange={(selected) => form.setFieldValue('tenantIds', selected)}
          error={form.errors['tenantIds'] ?? form.errors['tenantId']}
        />
      )}
      <Select
        label="Role"
        description={form.values.role === OWN ? undefined : ROLE_DESCRIPTIONS[form.values.role]}
        data={ACCESS_OPTIONS}
        allowDeselect={false}
        {...form.getInputProps('role')}
      />
      {form.values.role === OWN && (
        <ScopesInput
          value={form.values.scopes}
          onChange={(scopes) => form.setFieldValue('scopes', scopes)}
          error={form.errors['scopes']}
        />
      )}
      <ExpirySelect
        label="Expires"
        value={form.values.expiry}
        onChange={(expiry) => form.setFieldValue('expiry', expiry)}
      />
    </ModalForm>
  );
}

/** A key of one tenant belongs to it. */
function toBody({ name, tenantIds, role, scopes, expiry }: NewApiKeyValues) {
  const [tenantId, ...others] = tenantIds;
  return {
    name: name.trim(),
    ...(tenantId !== undefined && (others.length === 0 ? { tenantId } : { tenantIds })),
    ...(role === OWN ? { scopes } : { role }),
    expiresAt: toExpiresAt(expiry),
  };
}
