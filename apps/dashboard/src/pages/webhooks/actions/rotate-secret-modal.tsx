import { NumberInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { SecretModal } from '../../../components/secret-modal.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

const DEFAULT_HOURS = 24;
const MAX_HOURS = 168;

/** Makes a new signing secret, and shows it this once. */
export function RotateSecretModal({ webhook: { id }, opened, onClose }: WebhookDialogProps) {
  const [overlapHours, setOverlapHours] = useState<number | string>(DEFAULT_HOURS);
  const rotate = api.useMutation('post', '/v1/webhooks/{id}/secret/rotate', {
    meta: { failureShown: true },
    onSuccess: onClose,
  });
  return (
    <>
      <ConfirmModal
        opened={opened}
        onClose={() => {
          rotate.reset();
          onClose();
        }}
        title="Rotate the signing secret?"
        confirmLabel="Make a new secret"
        onConfirm={() =>
          rotate.mutate({
            params: { path: { id } },
            body: { ...(typeof overlapHours === 'number' && { overlapHours }) },
          })
        }
        pending={rotate.isPending}
        error={rotate.error}
      >
        <Stack>
          <Text>
            Requests are signed with both secrets while they overlap, so that receivers can change over
            without losing one.
          </Text>
          <NumberInput
            label="The old one ends after"
            description={`0: at once. At most ${MAX_HOURS} hours.`}
            suffix=" hours"
            allowNegative={false}
            allowDecimal={false}
            max={MAX_HOURS}
            value={overlapHours}
            onChange={setOverlapHours}
          />
        </Stack>
      </ConfirmModal>
      <SecretModal secret={rotate.data?.secret ?? null} title="New signing secret" onClose={rotate.reset}>
        Receivers check the signature of each request with it.
      </SecretModal>
    </>
  );
}
