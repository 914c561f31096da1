import { Stack, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { client } from '../../api/api.js';
import type { Delivery, Webhook } from '../../api/types.js';
import { SEND_AGAIN } from '../../components/send-again.js';
import { ActionButton } from '../../components/action.js';
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
  return (
    <ActionButton
      button={{ variant: 'filled', leftSection: <RotateCcw size={16} aria-hidden /> }}
      title={isPending ? t('Retry this delivery now?') : t('Retry this delivery?')}
      text={
        <Stack gap="xs">
          <Text>{SEND_AGAIN.retry}</Text>
          {retryEffects(delivery, webhook).map((sentence) => (
            <Text key={sentence}>{sentence}</Text>
          ))}
        </Stack>
      }
      label={label}
      run={() => client.POST('/v1/deliveries/{id}/retry', { params: { path: { id: delivery.id } } })}
      done={t('Retry requested')}
      onDone={useUpdateDelivery()}
    />
  );
}
