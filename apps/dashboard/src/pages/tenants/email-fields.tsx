import { Select, SimpleGrid, TextInput } from '@mantine/core';
import { useSession } from '../../api/session.js';
import { TENANT_SETTINGS } from '../../generated/settings.js';
import { RowInput } from '../../settings/row-input.js';
import type { TenantForm } from './tenant-form-values.js';

const TIME_ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** Time zones to choose from; search finds the others. */
const MAX_ZONES = 50;

/** Who gets emails about a tenant, and how they look. */
export function EmailFields({ form }: { form: TenantForm }) {
  const { emailEnabled } = useSession();
  const { timeZone } = form.values;
  // The browser may not know the present one.
  const zones = timeZone === '' || TIME_ZONES.includes(timeZone) ? TIME_ZONES : [timeZone, ...TIME_ZONES];
  return (
    <>
      <TextInput
        label={TENANT_SETTINGS.contactEmail.label}
        description={emailEnabled ? undefined : 'No emails are sent. Set POSTHORN_SMTP_URL.'}
        type="email"
        maxLength={TENANT_SETTINGS.contactEmail.maxLength}
        autoComplete="off"
        {...form.getInputProps('contactEmail')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <RowInput
          row={TENANT_SETTINGS.locale}
          description={undefined}
          placeholder="English"
          inputProps={(options) => form.getInputProps('locale', options)}
        />
        <Select
          label={TENANT_SETTINGS.timeZone.label}
          placeholder="UTC"
          data={zones}
          limit={MAX_ZONES}
          searchable
          clearable
          nothingFoundMessage="No results"
          {...form.getInputProps('timeZone')}
          value={timeZone || null}
          onChange={(zone) => form.setFieldValue('timeZone', zone ?? '')}
        />
      </SimpleGrid>
    </>
  );
}
