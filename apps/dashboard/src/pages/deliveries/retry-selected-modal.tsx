import { Alert, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { useBulkRetry, type BulkRetry } from './use-bulk-retry.js';

interface RetrySelectedModalProps {
  ids: readonly string[];
  onClose: () => void;
  /** All were asked for, or the rest was left. */
  onEnded: () => void;
}

/** Asks, then retries the selected deliveries and shows how far it is. Closed, it begins no more of them. */
export function RetrySelectedModal({ ids, onClose, onEnded }: RetrySelectedModalProps) {
  const retry = useBulkRetry();

  function close() {
    retry.stop();
    if (retry.state !== 'idle') onEnded();
    onClose();
  }

  return (
    <Modal
      opened
      onClose={close}
      title={retry.state === 'idle' ? `Deliver ${formatCount(ids.length)} again?` : 'Deliver again'}
    >
      <Stack>
        {retry.state === 'idle' ? (
          <Text>
            Each becomes pending and is sent now. What a receiver has taken before it gets a second time, with
            the same webhook-id. Attempts are counted on.
          </Text>
        ) : (
          <RetryProgress retry={retry} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {retry.state === 'ended' ? 'Close' : retry.state === 'running' ? 'Stop' : 'Cancel'}
          </Button>
          {retry.state === 'idle' && (
            <Button data-autofocus onClick={() => retry.start(ids)}>
              Deliver again
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function RetryProgress({ retry: { state, total, retried, refusals } }: { retry: BulkRetry }) {
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  return (
    <>
      <Progress value={(100 * (retried + refused)) / total} aria-label="Deliveries asked for" />
      <Text role="status" aria-live={state === 'ended' ? 'polite' : 'off'}>
        {formatCount(retried)} of {deliveries(total)} {state === 'ended' ? 'are pending again.' : 'so far'}
      </Text>
      {[...refusals].map(([reason, count]) => (
        <Alert key={reason} color="red" title={`${deliveries(count)} could not be retried`}>
          {reason}
        </Alert>
      ))}
    </>
  );
}

function deliveries(count: number): string {
  return count === 1 ? '1 delivery' : `${formatCount(count)} deliveries`;
}
