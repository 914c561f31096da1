import { Alert, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { useBulkRetry, type BulkRetry } from './use-bulk-retry.js';

interface RetrySelectedModalProps {
  ids: readonly string[];
  onClose: () => void;
  /** All retries were requested, or the rest was skipped. */
  onFinished: () => void;
}

/** Retries the selected deliveries after confirmation and shows the progress. Closing it skips the rest. */
export function RetrySelectedModal({ ids, onClose, onFinished }: RetrySelectedModalProps) {
  const retry = useBulkRetry();

  function close() {
    retry.stop();
    if (retry.state !== 'idle') onFinished();
    onClose();
  }

  return (
    <Modal
      opened
      onClose={close}
      title={retry.state === 'idle' ? `Retry ${deliveries(ids.length)}?` : 'Retry deliveries'}
    >
      <Stack>
        {retry.state === 'idle' ? (
          <Text>
            The deliveries are sent now. Endpoints that already received these events will get them again,
            with the same webhook-id.
          </Text>
        ) : (
          <RetryProgress retry={retry} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {retry.state === 'finished' ? 'Close' : retry.state === 'running' ? 'Stop' : 'Cancel'}
          </Button>
          {retry.state === 'idle' && (
            <Button data-autofocus onClick={() => retry.start(ids)}>
              {ids.length === 1 ? 'Retry delivery' : 'Retry deliveries'}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function RetryProgress({ retry: { state, total, retried, failures } }: { retry: BulkRetry }) {
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  return (
    <>
      <Progress value={(100 * (retried + failed)) / total} aria-label="Retried deliveries" />
      <Text role="status" aria-live={state === 'finished' ? 'polite' : 'off'}>
        {formatCount(retried)} of {deliveries(total)} queued for retry
      </Text>
      {[...failures].map(([reason, count]) => (
        <Alert key={reason} color="red" title={`${deliveries(count)} couldn't be retried`}>
          {reason}
        </Alert>
      ))}
    </>
  );
}

function deliveries(count: number): string {
  return count === 1 ? '1 delivery' : `${formatCount(count)} deliveries`;
}
