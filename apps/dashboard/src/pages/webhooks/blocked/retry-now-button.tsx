import { Button } from '@mantine/core';
import { api } from '../../../api/api.js';
import { useUpdateDelivery } from '../../deliveries/use-update-delivery.js';
import { t } from '../../../i18n/t.js';

/** Sends a delivery now instead of at its next attempt. */
export function RetryNowButton({ deliveryId: id }: { deliveryId: string }) {
  const retry = api.useMutation('post', '/v1/deliveries/{id}/retry', {
    meta: { success: t('Retry requested') },
    onSuccess: useUpdateDelivery(),
  });
  return (
    <Button
      variant="default"
      size="compact-sm"
      loading={retry.isPending}
      onClick={() => retry.mutate({ params: { path: { id } } })}
    >
      {t('Retry now')}
    </Button>
  );
}
