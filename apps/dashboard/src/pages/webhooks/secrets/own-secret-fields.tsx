import { PasswordInput, Select, SimpleGrid } from '@mantine/core';
import type { components } from '../../../generated/api.js';
import { t } from '../../../i18n/t.js';

/** A signing secret that the user brings. Empty for a new one. */
export type OwnSecret = Pick<components['schemas']['RotateSecret'], 'secret' | 'secretEncoding'>;

interface OwnSecretFieldsProps {
  value: OwnSecret;
  onChange: (value: OwnSecret) => void;
}

export default function OwnSecretFields({ value, onChange }: OwnSecretFieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <PasswordInput
        label={t('Your own signing secret')}
        description={t('whsec_…, text or base64. Empty = generate a new secret.')}
        autoComplete="off"
        value={value.secret ?? ''}
        onChange={({ currentTarget: { value: secret } }) =>
          onChange(secret === '' ? {} : { ...value, secret })
        }
      />
      <Select
        label={t('Encoding of your secret')}
        description={t("How the secret's text encodes the key.")}
        placeholder={t('Detect automatically')}
        clearable
        disabled={value.secret === undefined}
        data={[
          { value: 'base64', label: 'Base64' },
          { value: 'text', label: t('Text') },
        ]}
        value={value.secretEncoding ?? null}
        onChange={(secretEncoding) => onChange(withEncoding(value, secretEncoding))}
      />
    </SimpleGrid>
  );
}

function withEncoding({ secret }: OwnSecret, encoding: 'base64' | 'text' | null): OwnSecret {
  return { ...(secret !== undefined && { secret }), ...(encoding !== null && { secretEncoding: encoding }) };
}
