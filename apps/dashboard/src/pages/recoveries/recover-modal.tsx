import { Button, Checkbox, Group, Modal, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { fromDatetimeLocal, toDatetimeLocal } from '../../components/datetime-local.js';
import { SEND_AGAIN } from '../../components/send-again.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import type { components } from '../../generated/api.js';
import type { RecoveryScope } from './recovery.js';
import { t } from '../../i18n/t.js';

type Preview = components['schemas']['AcceptedRecovery'];

const DEFAULT_MS = 15 * 60_000;

interface RecoverModalProps {
  scope: RecoveryScope;
  title: string;
  since: string | null;
  onClose: () => void;
}

/** Asks since when to recover, shows how many deliveries that are, and starts the recovery. */
export default function RecoverModal({ scope, title, since: failingSince, onClose }: RecoverModalProps) {
  const [since, setSince] = useState(() =>
    toDatetimeLocal(failingSince ?? new Date(Date.now() - DEFAULT_MS).toISOString()),
  );
  const [includeDropped, setIncludeDropped] = useState(false);
  const navigate = useNavigate();
  const time = fromDatetimeLocal(since);
  const body = { ...scope, since: time ?? '', includeDropped };
  const preview = api.useQuery(
    'post',
    '/v1/recoveries',
    { body: { ...body, dryRun: true } },
    { enabled: time !== null, placeholderData: keepPreviousData },
  );
  const create = api.useMutation('post', '/v1/recoveries', {
    meta: { failureShown: true, invalidates: ['/v1/recoveries'] },
    async onSuccess({ id }) {
      if (id !== null) await navigate({ to: '/recoveries/$recoveryId', params: { recoveryId: id } });
    },
  });
  const total = time === null ? undefined : preview.data?.total;
  const error = create.error ?? preview.error;
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ body });
        }}
      >
        <Stack>
          <Text>{SEND_AGAIN.recovery}</Text>
          <Text>
            {t(
              'Retries failed deliveries and deliveries that are waiting for a retry, oldest first. New events take priority.',
            )}
          </Text>
          <TextInput
            type="datetime-local"
            label={t('Everything that did not succeed since')}
            value={since}
            error={time === null && t('Enter a date and time.')}
            onChange={({ currentTarget }) => setSince(currentTarget.value)}
          />
          <Checkbox
            label={t('Include deliveries that a suspension dropped')}
            checked={includeDropped}
            onChange={({ currentTarget }) => setIncludeDropped(currentTarget.checked)}
          />
          <div role="status">
            {time !== null &&
              (preview.data ? (
                <PreviewText preview={preview.data} />
              ) : (
                !preview.error && <Skeleton height={24} />
              ))}
          </div>
          {error && <ProblemAlert error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('Cancel')}
            </Button>
            <Button
              type="submit"
              data-autofocus
              disabled={!total || preview.isPlaceholderData}
              loading={create.isPending}
            >
              {total ? t('Recover {{count, number}} deliveries', { count: total }) : t('Recover')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function PreviewText({ preview: { total, webhooks, inactiveWebhooks } }: { preview: Preview }) {
  return (
    <>
      <Text fw={500}>
        {total === 0
          ? t('Nothing to recover.')
          : [
              t('{{count, number}} deliveries', { count: total }),
              t('{{count, number}} webhooks', { count: webhooks }),
            ].join(' · ')}
      </Text>
      {inactiveWebhooks > 0 && (
        <Text size="sm" c="dimmed">
          {t('{{count, number}} webhooks are suspended and will be skipped.', { count: inactiveWebhooks })}
        </Text>
      )}
    </>
  );
}
