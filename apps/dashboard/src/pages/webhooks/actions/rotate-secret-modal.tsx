import { NumberInput, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { client } from '../../../api/api.js';
import { ActionModal } from '../../../components/action.js';
import { SecretModal } from '../../../components/secret-modal.js';
import type { OwnSecret } from '../secrets/own-secret-fields.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

// Rarely used.
const OwnSecretFields = lazy(() => import('../secrets/own-secret-fields.js'));

const DEFAULT_HOURS = 24;
const MAX_HOURS = 168;

/** Creates a new signing secret and shows it once. */
export default function RotateSecretModal({ webhook: { id }, ...modal }: WebhookDialogProps) {
  const [overlapHours, setOverlapHours] = useState<number | string>(DEFAULT_HOURS);
  const [ownSecret, setOwnSecret] = useState<OwnSecret>({});
  const [created, setCreated] = useState<string | null>(null);
  return (
    <>
      <ActionModal
        {...modal}
        title={t('Rotate signing secret?')}
        text={
          <Stack>
            <Text>
              {t(
                'Requests are also signed with older secrets until they expire, so you can switch without failed verifications. If a secret has leaked, enter 0.',
              )}
            </Text>
            <NumberInput
              label={t('Older secrets expire after')}
              description={t('0 = immediately, max {{max}} hours.', { max: MAX_HOURS })}
              suffix=" h"
              allowNegative={false}
              allowDecimal={false}
              max={MAX_HOURS}
              value={overlapHours}
              onChange={setOverlapHours}
            />
            <Suspense fallback={null}>
              <OwnSecretFields value={ownSecret} onChange={setOwnSecret} />
            </Suspense>
          </Stack>
        }
        label={t('Rotate secret')}
        run={() =>
          client.POST('/v1/webhooks/{id}/secrets/rotate', {
            params: { path: { id } },
            body: { ...(typeof overlapHours === 'number' && { overlapHours }), ...ownSecret },
          })
        }
        invalidates={['/v1/webhooks/{id}/secrets']}
        onDone={({ secret }) => {
          setOwnSecret({});
          setCreated(secret);
        }}
      />
      <SecretModal secret={created} title={t('New signing secret')} onClose={() => setCreated(null)}>
        {t('Use it to verify the signature of each request.')}
      </SecretModal>
    </>
  );
}
