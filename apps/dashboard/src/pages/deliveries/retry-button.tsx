import { Button, Stack, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import type { Delivery, Webhook } from '../../api/types.js';
import { ConfirmModal } from '../../components/confirm-modal.js';
import { retryEffects } from './retry-labels.js';
import { useUpdateDeliveries } from './use-update-deliveries.js';

interface RetryButtonProps {
  delivery: Delivery;
  webhook: Webhook | undefined;
}

/** Delivers again, once it was said what follows. */
export function RetryButton({ delivery, webhook }: RetryButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const updateDeliveries = useUpdateDeliveries();
  const retry = api.useMutation('post', '/v1/deliveries/{id}/retry', {
    meta: { failureShown: true, success: 'It is pending again' },
    onSuccess(changed) {
      setIsAsking(false);
      updateDeliveries([changed]);
    },
  });
  return (
    <>
      <Button
        leftSection={<RotateCcw size={16} aria-hidden />}
        onClick={() => {
          retry.reset();
          setIsAsking(true);
        }}
      >
        Deliver again
      </Button>
      <ConfirmModal
        opened={isAsking}
        onClose={() => setIsAsking(false)}
        title="Deliver this again?"
        confirmLabel="Deliver again"
        onConfirm={() => retry.mutate({ params: { path: { id: delivery.id } } })}
        pending={retry.isPending}
        error={retry.error}
      >
        <Stack gap="xs">
          {retryEffects(delivery, webhook).map((sentence) => (
            <Text key={sentence}>{sentence}</Text>
          ))}
        </Stack>
      </ConfirmModal>
    </>
  );
}
