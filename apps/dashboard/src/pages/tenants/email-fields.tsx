import { Select, SimpleGrid, TextInput } from '@mantine/core';
import { useSession } from '../../api/session.js';
import { LANGUAGE_OPTIONS } from './languages.js';
import type { TenantForm } from './tenant-form-values.js';

const TIME_ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** Time zones to choose from; search finds the others. */
const MAX_ZONES = 50;

/** Who gets emails about a tenant, and how they look. */
export function EmailFields({ form }: { form: TenantForm }) {
  const { emailEnabled } = useSession();
  const { timeZone } = form.values;
  // The browser may not know the present one.
  const zones = timeZone === null || TIME_ZONES.includes(timeZone) ? TIME_ZONES : [timeZone, ...TIME_ZONES];
  return (
    <>
      <TextInput
        label="Contact email"
        description={emailEnabled ? undefined : 'No emails are sent. Set POSTHORN_SMTP_URL.'}
        type="email"
        maxLength={254}
        autoComplete="off"
        {...form.getInputProps('contactEmail')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label="Language of emails"
          placeholder="English"
          data={LANGUAGE_OPTIONS}
          clearable
          {...form.getInputProps('locale')}
        />
        <Select
          label="Time zone of emails"
          placeholder="UTC"
          data={zones}
          limit={MAX_ZONES}
          searchable
          clearable
          nothingFoundMessage="No results"
          {...form.getInputProps('timeZone')}
        />
      </SimpleGrid>
    </>
  );
}
