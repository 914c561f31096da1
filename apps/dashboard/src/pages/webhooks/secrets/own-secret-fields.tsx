import { PasswordInput, Select, SimpleGrid } from '@mantine/core';
import type { OwnSecret, OwnSecretInputProps } from './own-secret-input.js';
import { t } from '../../../i18n/t.js';

export default function OwnSecretFields({ value, onChange }: OwnSecretInputProps) {
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
