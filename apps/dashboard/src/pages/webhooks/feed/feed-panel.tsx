import { Button, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import { DetailList } from '../../../components/detail-list.js';
import { formatCount } from '../../../components/format-number.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { FeedKeys } from './feed-keys.js';
import { NewFeedKey } from './new-feed-key.js';
import { t } from '../../../i18n/t.js';

const REFRESH_MS = 10_000;

interface FeedPanelProps {
  webhookId: string;
  canChange: boolean;
}

/** The feed of a webhook: its position, and the keys that read it. */
export default function FeedPanel({ webhookId: id, canChange }: FeedPanelProps) {
  const [isCreating, { open, close }] = useDisclosure();
  // A key of the feed reads events with all of their data.
  const seesPayloads = useCan('payloads:read');
  const canCreate = useCan('events:read', 'events') && seesPayloads && canChange;
  const position = api.useQuery(
    'get',
    '/v1/webhooks/{id}/feed/cursor',
    { params: { path: { id } } },
    { refetchInterval: REFRESH_MS },
  );
  return (
    <Panel
      title={t('Feed')}
      description={t(
        'Receivers that missed deliveries read them from the feed, in the order of their numbers.',
      )}
      actions={
        canCreate && (
          <Button variant="default" size="xs" onClick={open}>
            {t('Create feed key')}
          </Button>
        )
      }
    >
      <Stack>
        {position.error && (
          <ProblemAlert error={position.error} onRetry={position.refetch} retrying={position.isFetching} />
        )}
        <DetailList
          details={{
            [t('Feed URL')]: <Mono copy={t('feed URL')}>{feedUrl(id)}</Mono>,
            [t('Last number')]: position.data && formatCount(position.data.last),
            [t('Stored cursor')]: position.data && formatCursor(position.data.cursor),
          }}
        />
        {canChange && <FeedKeys webhookId={id} />}
      </Stack>
      <NewFeedKey webhookId={id} opened={isCreating} onClose={close} />
    </Panel>
  );
}

const formatCursor = (cursor: number | null): string => (cursor === null ? t('None') : formatCount(cursor));

const feedUrl = (webhookId: string): string => `${window.location.origin}/v1/webhooks/${webhookId}/feed`;
