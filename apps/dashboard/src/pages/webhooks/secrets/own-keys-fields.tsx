import { PasswordInput, Select, Stack } from '@mantine/core';
import { useAllows } from '../../../api/session.js';
import type { components } from '../../../generated/api.js';
import { isEd25519Json, withEd25519 } from '../format/ed25519-format.js';
import type { WebhookForm } from '../form/use-webhook-form.js';
import OwnSecretFields, { type OwnSecret } from './own-secret-fields.js';
import { t } from '../../../i18n/t.js';

/** The keys of a new webhook that the user brings. Empty for new ones. */
export type OwnKeys = OwnSecret & components['schemas']['InitialSigningKey'];

interface OwnKeysFieldsProps {
  form: WebhookForm;
  value: OwnKeys;
  onChange: (value: OwnKeys) => void;
}

/** Selects whether a new webhook has a signing secret or only an Ed25519 key, which its delivery format states. */
export function OwnKeysFields({ form, value, onChange }: OwnKeysFieldsProps) {
  const { deliveryFormat } = form.values;
  const isEd25519 = isEd25519Json(deliveryFormat);
  const seesKeys = useAllows('secrets');
  return (
    <Stack>
      {seesKeys && (
        <Select
          label={t('Sign with')}
          description={t('With an Ed25519 key, receivers verify with the public key and need no secret.')}
          allowDeselect={false}
          data={[
            { value: 'secret', label: t('Signing secret') },
            { value: 'ed25519', label: t('Only an Ed25519 key') },
          ]}
          value={isEd25519 ? 'ed25519' : 'secret'}
          onChange={(key) =>
            form.setFieldValue('deliveryFormat', withEd25519(deliveryFormat, key === 'ed25519'))
          }
        />
      )}
      {isEd25519 ? (
        <PasswordInput
          label={t('Your own private key')}
          description={t('whsk_… or hexadecimal. Empty = generate a new key.')}
          autoComplete="off"
          value={value.privateKey ?? ''}
          onChange={({ currentTarget: { value: privateKey } }) =>
            onChange(privateKey === '' ? {} : { privateKey })
          }
        />
      ) : (
        <OwnSecretFields value={value} onChange={onChange} />
      )}
    </Stack>
  );
}
