import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import { RetentionInputs } from '../../components/retention-inputs.js';
import { storedJsonError } from '../../components/json-field.js';
import { DeliveryFormatInput } from '../webhooks/format/delivery-format-input.js';
import { EmailFields } from './email-fields.js';
import { OwnFields } from './own-fields.js';
import { QuotaFields } from './quota-fields.js';
import { FIELDS, type TenantFormValues, toChanges, toFormValues } from './tenant-form-values.js';
import type { TenantDetails } from './tenant.js';

interface TenantSettingsFormProps {
  tenant: TenantDetails;
  onClose: () => void;
}

export default function TenantSettingsForm({ tenant, onClose }: TenantSettingsFormProps) {
  const update = api.useMutation('patch', '/v1/tenants/{id}', {
    meta: {
      success: 'Tenant updated',
      failureShown: true,
      invalidates: ['/v1/tenants', '/v1/tenants/{id}', '/v1/audit-entries'],
    },
    onSuccess: onClose,
  });
  const form = useForm<TenantFormValues>({
    initialValues: toFormValues(tenant),
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name.' : null),
      metadata: storedJsonError,
      deliveryFormat: storedJsonError,
    },
  });
  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={update}
      submitLabel="Save changes"
      onCancel={onClose}
      onSubmit={form.onSubmit((values) =>
        update.mutate({
          params: { path: { id: tenant.id } },
          body: toChanges(values, form.getInitialValues()),
        }),
      )}
    >
      <TextInput
        label="Name"
        maxLength={100}
        autoComplete="off"
        required
        data-autofocus
        {...form.getInputProps('name')}
      />
      <EmailFields form={form} />
      <OwnFields form={form} />
      <QuotaFields form={form} tenant={tenant} />
      <RetentionInputs inputProps={(name) => form.getInputProps(name)} />
      <DeliveryFormatInput
        description="Also sets header names, fixed headers and custom signatures. Empty = the standard format."
        {...form.getInputProps('deliveryFormat')}
        value={form.values.deliveryFormat}
      />
    </ModalForm>
  );
}
