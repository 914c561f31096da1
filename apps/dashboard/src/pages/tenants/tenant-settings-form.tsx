import { NumberInput, SimpleGrid, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/api.js';
import { changedFields } from '../../api/changed-fields.js';
import { useSession } from '../../api/session.js';
import { ModalForm } from '../../components/modal-form.js';
import { formatCount } from '../../components/format-number.js';
import type { components } from '../../generated/api.js';
import { readJsonObject, storedJsonError, writeJson } from '../event-types/json-field.js';
import { DeliveryFormatInput } from '../webhooks/format/delivery-format-input.js';

type TenantDetails = components['schemas']['TenantDetails'];
type TenantUpdate = components['schemas']['UpdateTenant'];
type QuotaName = keyof TenantDetails['quotas'];

interface TenantSettingsFormProps {
  tenant: TenantDetails;
  onClose: () => void;
}

const LABELS: Record<QuotaName, string> = {
  webhooks: 'Webhooks',
  apiKeys: 'API keys',
  portalLinks: 'Portal links',
  eventsPerSecond: 'Events per second',
  eventBytes: 'Event size',
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of a constant
const QUOTAS = Object.keys(LABELS) as QuotaName[];

const FIELDS = ['name', 'contactEmail', 'deliveryFormat', ...QUOTAS.map((name) => `quotas.${name}`)];

interface TenantFormValues {
  name: string;
  contactEmail: string;
  /** An empty input means the default of the installation. */
  quotas: Record<QuotaName, number | string>;
  deliveryFormat: string;
}

export default function TenantSettingsForm({ tenant, onClose }: TenantSettingsFormProps) {
  const update = api.useMutation('patch', '/v1/tenants/{id}', {
    meta: {
      success: 'Tenant updated',
      failureShown: true,
      invalidates: ['/v1/tenants', '/v1/tenants/{id}'],
    },
    onSuccess: onClose,
  });
  const form = useForm<TenantFormValues>({
    initialValues: {
      name: tenant.name,
      contactEmail: tenant.contactEmail ?? '',
      quotas: mapQuotas(tenant.quotas, (quota) => quota ?? ''),
      deliveryFormat: writeJson(tenant.deliveryFormat),
    },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name.' : null),
      deliveryFormat: storedJsonError,
    },
  });
  const { emailEnabled } = useSession();
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
      <TextInput
        label="Contact email"
        description={emailEnabled ? undefined : 'No emails are sent. Set POSTHORN_SMTP_URL.'}
        type="email"
        maxLength={254}
        autoComplete="off"
        {...form.getInputProps('contactEmail')}
      />
      <Title order={3} size="h4">
        Quotas
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {QUOTAS.map((name) => (
          <NumberInput
            key={name}
            label={LABELS[name]}
            description={usageText(tenant, name)}
            placeholder={defaultText(tenant, name)}
            allowNegative={false}
            allowDecimal={false}
            {...(name === 'eventBytes' && { suffix: ' bytes' })}
            {...form.getInputProps(`quotas.${name}`)}
          />
        ))}
      </SimpleGrid>
      <DeliveryFormatInput
        description="Also sets header names, fixed headers and custom signatures. Empty = the standard format."
        {...form.getInputProps('deliveryFormat')}
        value={form.values.deliveryFormat}
      />
    </ModalForm>
  );
}

function usageText({ usage }: TenantDetails, name: QuotaName): string {
  switch (name) {
    case 'webhooks':
    case 'apiKeys':
    case 'portalLinks':
      return `${formatCount(usage[name])} in use`;
    case 'eventsPerSecond':
      return 'Pushes over the rate are delayed';
    case 'eventBytes':
      return 'At most 262,144 bytes';
  }
}

function defaultText({ quotas, effectiveQuotas }: TenantDetails, name: QuotaName): string {
  if (quotas[name] !== null) return 'Default';
  const applied = effectiveQuotas[name];
  return applied === null ? 'Unlimited' : `Default: ${formatCount(applied)}`;
}

/** Returns the request body for the values that were changed. */
function toChanges(values: TenantFormValues, before: TenantFormValues): TenantUpdate {
  return {
    ...changedFields(toSettings(values), toSettings(before)),
    quotas: changedFields(mapQuotas(values.quotas, toQuota), mapQuotas(before.quotas, toQuota)),
  };
}

function toSettings({ name, contactEmail, deliveryFormat }: TenantFormValues) {
  return {
    name: name.trim(),
    contactEmail: contactEmail.trim() || null,
    deliveryFormat: readJsonObject(deliveryFormat) ?? null,
  };
}

const toQuota = (input: number | string) => (input === '' ? null : Number(input));

function mapQuotas<From, To>(quotas: Record<QuotaName, From>, map: (quota: From) => To) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  return Object.fromEntries(QUOTAS.map((name) => [name, map(quotas[name])])) as Record<QuotaName, To>;
}
