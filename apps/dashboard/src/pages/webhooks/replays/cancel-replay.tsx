import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  const [isOpened, { open, close }] = useDisclosure();
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/replays/{id}/cancel', {
    meta: { failureShown: true, success: 'The replay is cancelled' },
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
        confirmLabel="Cancel the replay"
        onConfirm={() => cancel.mutate({ params: { path: { id } } })}
        pending={cancel.isPending}
        error={cancel.error}
      >
        <Text>
          What it has pending is dropped. What it has not come to stays as it is. Requests that are under way
          are not cut off.
        </Text>
      </ConfirmModal>
    </>
  );
}
