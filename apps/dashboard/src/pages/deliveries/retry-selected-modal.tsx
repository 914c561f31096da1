import { Alert, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { useBulkRetry, type BulkRetry } from './use-bulk-retry.js';
import { t } from '../../i18n/t.js';

interface RetrySelectedModalProps {
  ids: readonly string[];
  onClose: () => void;
  /** All retries were requested, or the rest was skipped. */
  onFinished: () => void;
}

/** Retries the selected deliveries after confirmation and shows the progress. Closing it skips the rest. */
export default function RetrySelectedModal({ ids, onClose, onFinished }: RetrySelectedModalProps) {
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
      title={
        retry.state === 'idle'
          ? t('Retry {{count, number}} deliveries?', { count: ids.length })
          : t('Retry deliveries')
      }
    >
      <Stack>
        {retry.state === 'idle' ? (
          <Text>
            {t(
              'The deliveries are sent now. Receivers that already received these events will get them again, with the same webhook-id.',
            )}
          </Text>
        ) : (
          <RetryProgress retry={retry} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {retry.state === 'finished' ? t('Close') : retry.state === 'running' ? t('Stop') : t('Cancel')}
          </Button>
          {retry.state === 'idle' && (
            <Button data-autofocus onClick={() => retry.start(ids)}>
              {ids.length === 1 ? t('Retry delivery') : t('Retry deliveries')}
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
      <Progress value={(100 * (retried + failed)) / total} aria-label={t('Retried deliveries')} />
      <Text role="status" aria-live={state === 'finished' ? 'polite' : 'off'}>
        {t('{{retried, number}} of {{count, number}} deliveries retried', { retried, count: total })}
      </Text>
      {[...failures].map(([reason, count]) => (
        <Alert
          key={reason}
          color="red"
          title={t("{{count, number}} deliveries couldn't be retried", { count })}
        >
          {reason}
        </Alert>
      ))}
    </>
  );
}
