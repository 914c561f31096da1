import { Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useFormErrors } from '../../api/use-form-errors.js';
import { useSeesAllTenants, type Scope } from '../../api/session.js';
import { FormButtons } from '../../components/form-buttons.js';
import { FormErrorAlert } from '../../components/form-error-alert.js';
import { TenantPicker } from '../../components/tenant-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { SCOPES } from './api-key.js';
import { ExpirySelect } from './expiry-select.js';
import { toExpiresAt, type Expiry } from './expiry.js';
import { ScopesInput } from './scopes-input.js';

interface NewApiKey {
  name: string;
  tenantId?: string;
  scopes: Scope[];
  expiresAt: string | null;
}

interface NewApiKeyFormProps {
  onSubmit: (body: NewApiKey) => void;
  onCancel: () => void;
  pending: boolean;
  error: unknown;
}

const FIELDS = ['name', 'tenantId', 'scopes'];
const DEFAULT_SCOPES = SCOPES.map(({ scope }) => scope).filter((scope) => scope !== 'admin');

export default function NewApiKeyForm({ onSubmit, onCancel, pending, error }: NewApiKeyFormProps) {
  const tenantId = useTenantId() ?? null;
  const form = useForm<{ name: string; tenantId: string | null; scopes: Scope[]; expiry: Expiry }>({
    initialValues: { name: '', tenantId, scopes: DEFAULT_SCOPES, expiry: 'default' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name.' : null),
      scopes: (scopes) => (scopes.length === 0 ? 'Select at least one permission.' : null),
    },
  });
  const formErrors = useFormErrors(form, error, FIELDS);
  const canSelectTenant = useSeesAllTenants();
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, tenantId: selected, scopes, expiry }) =>
        onSubmit({
          name: name.trim(),
          ...(selected !== null && { tenantId: selected }),
          scopes,
          expiresAt: toExpiresAt(expiry),
        }),
      )}
    >
      <Stack>
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
        <FormErrorAlert errors={formErrors} />
        <FormButtons submitLabel="Create key" pending={pending} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
