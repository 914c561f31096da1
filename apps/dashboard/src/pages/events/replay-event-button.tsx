import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useInvalidate } from '../../api/use-invalidate.js';
import { SEND_AGAIN } from '../../components/send-again.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { ReplayProgress } from '../webhooks/replays/replay-progress.js';
import { t } from '../../i18n/t.js';

/** Replays an event to every webhook that it matched, and shows the progress. */
export function ReplayEventButton({ eventId }: { eventId: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const invalidate = useInvalidate();
  const replay = api.useMutation('post', '/v1/events/{id}/replay', { meta: { failureShown: true } });

  const preview = api.useQuery(
    'post',
    '/v1/events/{id}/replay',
    { params: { path: { id: eventId } }, body: { dryRun: true } },
    { enabled: isOpen && replay.data === undefined, gcTime: 0 },
  );
  const count = preview.data?.total;
  const started = replay.data?.id ?? null;

  function open() {
    replay.reset();
    setIsOpen(true);
  }

  function close() {
    setIsOpen(false);
    if (replay.data)
      invalidate('/v1/events/{id}/deliveries', '/v1/events/{id}/explain', '/v1/deliveries/{id}');
  }

  return (
    <>
      <Button variant="default" leftSection={<RotateCcw size={16} aria-hidden />} onClick={open}>
        {t('Replay event')}
      </Button>
      <Modal opened={isOpen} onClose={close} title={replay.data ? t('Replay') : t('Replay this event?')}>
        <Stack>
          {started !== null && replay.data ? (
            <div>
              <ReplayProgress replay={{ id: started, status: 'running', total: replay.data.total }} />
            </div>
          ) : (
            <>
              <Text>{SEND_AGAIN.replay}</Text>
              <Text>
                {t('Webhooks that are not active are left out. Pending deliveries continue unchanged.')}
              </Text>
              <Text fw={500} role="status">
                {count === 0 && t('No deliveries to replay.')}
              </Text>
            </>
          )}
          {(replay.error ?? preview.error) && <ProblemAlert error={replay.error ?? preview.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {replay.data ? t('Close') : t('Cancel')}
            </Button>
            {!replay.data && (
              <Button
                data-autofocus
                loading={replay.isPending}
                disabled={count === 0 || preview.isPending}
                onClick={() => replay.mutate({ params: { path: { id: eventId } } })}
              >
                {count ? t('Replay {{count, number}} deliveries', { count }) : t('Replay event')}
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
