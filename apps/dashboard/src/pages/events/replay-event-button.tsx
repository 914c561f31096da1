import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { ReplayProgress } from '../webhooks/replays/replay-progress.js';

/** Delivers an event again to every webhook that it was for, and shows how far that is. */
export function ReplayEventButton({ eventId }: { eventId: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const queryClient = useQueryClient();
  const replay = api.useMutation('post', '/v1/events/{id}/replay', { meta: { failureShown: true } });

  function open() {
    replay.reset();
    setIsOpen(true);
  }

  function close() {
    setIsOpen(false);
    if (!replay.data) return;
    for (const path of ['/v1/events/{id}/deliveries', '/v1/events/{id}/explain', '/v1/deliveries/{id}']) {
      void queryClient.invalidateQueries({ queryKey: ['get', path] });
    }
  }

  return (
    <>
      <Button variant="default" leftSection={<RotateCcw size={16} aria-hidden />} onClick={open}>
        Replay to all
      </Button>
      <Modal opened={isOpen} onClose={close} title={replay.data ? 'Replay' : 'Replay this event to all?'}>
        <Stack>
          {replay.data ? (
            <div>
              <ReplayProgress replay={replay.data} />
            </div>
          ) : (
            <Text>
              Every webhook that it was for gets it again, if it is active: those that have taken it, too.
              Webhooks that it was not for do not get it. What is pending goes on as it is.
            </Text>
          )}
          {replay.error && <ProblemAlert error={replay.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {replay.data ? 'Close' : 'Cancel'}
            </Button>
            {!replay.data && (
              <Button
                data-autofocus
                loading={replay.isPending}
                onClick={() => replay.mutate({ params: { path: { id: eventId } } })}
              >
                Replay
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
