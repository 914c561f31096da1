import { Stack, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { api } from '../../api/api.js';
import type { Delivery, Webhook } from '../../api/types.js';
import { SEND_AGAIN } from '../../components/send-again.js';
import { ConfirmButton } from '../../components/confirm-button.js';
import { retryEffects } from './retry-labels.js';
import { useUpdateDelivery } from './use-update-delivery.js';
import { t } from '../../i18n/t.js';

interface RetryButtonProps {
  delivery: Delivery;
  webhook: Webhook | undefined;
}

/** Retries a delivery after confirmation. */
export function RetryButton({ delivery, webhook }: RetryButtonProps) {
  const isPending = delivery.status === 'pending';
  const label = isPending ? t('Retry now') : t('Retry delivery');
  const retry = api.useMutation('post', '/v1/deliveries/{id}/retry', {
    meta: { failureShown: true, success: t('Retry requested') },
    onSuccess: useUpdateDelivery(),
  });
  return (
    <ConfirmButton
      label={label}
      button={{ variant: 'filled', leftSection: <RotateCcw size={16} aria-hidden /> }}
      title={isPending ? t('Retry this delivery now?') : t('Retry this delivery?')}
      confirmLabel={label}
      onConfirm={(options) => retry.mutate({ params: { path: { id: delivery.id } } }, options)}
      mutation={retry}
    >
      <Stack gap="xs">
        <Text>{SEND_AGAIN.retry}</Text>
        {retryEffects(delivery, webhook).map((sentence) => (
          <Text key={sentence}>{sentence}</Text>
        ))}
      </Stack>
    </ConfirmButton>
  );
}
