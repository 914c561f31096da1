import { NumberInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { useInvalidate } from '../../../api/use-invalidate.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { SecretModal } from '../../../components/secret-modal.js';
import { type OwnSecret, OwnSecretInput } from '../secrets/own-secret-input.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

const DEFAULT_HOURS = 24;
const MAX_HOURS = 168;

/** Creates a new signing secret and shows it once. */
export function RotateSecretModal({ webhook: { id }, opened, onClose }: WebhookDialogProps) {
  const [overlapHours, setOverlapHours] = useState<number | string>(DEFAULT_HOURS);
  const [ownSecret, setOwnSecret] = useState<OwnSecret>({});
  const invalidate = useInvalidate();
  const rotate = api.useMutation('post', '/v1/webhooks/{id}/secrets/rotate', {
    meta: { failureShown: true },
    onSuccess() {
      setOwnSecret({});
      onClose();
      invalidate('/v1/webhooks/{id}/secrets');
    },
  });
  return (
    <>
      <ConfirmModal
        opened={opened}
        onClose={onClose}
        title={t('Rotate signing secret?')}
        confirmLabel={t('Rotate secret')}
        onConfirm={() =>
          rotate.mutate({
            params: { path: { id } },
            body: { ...(typeof overlapHours === 'number' && { overlapHours }), ...ownSecret },
          })
        }
        mutation={rotate}
      >
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
          <OwnSecretInput value={ownSecret} onChange={setOwnSecret} />
        </Stack>
      </ConfirmModal>
      <SecretModal
        secret={rotate.data?.secret ?? null}
        title={t('New signing secret')}
        onClose={rotate.reset}
      >
        {t('Use it to verify the signature of each request.')}
      </SecretModal>
    </>
  );
}
