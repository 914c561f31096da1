import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { ConfirmModal } from '../../components/confirm-modal.js';

export function CancelRecovery({ recoveryId: id }: { recoveryId: string }) {
  const [isOpened, { open, close }] = useDisclosure();
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/recoveries/{id}/cancel', {
    meta: { failureShown: true, success: 'Recovery cancelled' },
    async onSuccess() {
      close();
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries/{id}'] }),
      ]);
    },
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        Cancel recovery
      </Button>
      <ConfirmModal
        opened={isOpened}
        onClose={() => {
          cancel.reset();
          close();
        }}
        title="Cancel this recovery?"
        confirmLabel="Cancel recovery"
        onConfirm={() => cancel.mutate({ params: { path: { id } } })}
        pending={cancel.isPending}
        error={cancel.error}
      >
        <Text>
          Deliveries not yet queued stay unchanged. Queued ones that had failed before are dropped; those that
          waited for a retry stay pending. Requests in flight continue.
        </Text>
      </ConfirmModal>
    </>
  );
}
