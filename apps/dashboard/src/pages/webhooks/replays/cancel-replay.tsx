import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  const [isOpened, { open, close }] = useDisclosure();
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/replays/{id}/cancel', {
    meta: { failureShown: true, success: 'Replay cancelled' },
    async onSuccess() {
      close();
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays/{id}'] }),
      ]);
    },
  });
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={open}>
        Cancel
      </Button>
      <ConfirmModal
        opened={isOpened}
        onClose={() => {
          cancel.reset();
          close();
        }}
        title="Cancel this replay?"
        confirmLabel="Cancel replay"
        onConfirm={() => cancel.mutate({ params: { path: { id } } })}
        pending={cancel.isPending}
        error={cancel.error}
      >
        <Text>
          Pending deliveries of this replay are dropped, and deliveries not yet queued stay unchanged.
          Requests in flight continue.
        </Text>
      </ConfirmModal>
    </>
  );
}
