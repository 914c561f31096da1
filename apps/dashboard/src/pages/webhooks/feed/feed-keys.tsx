import { Group, Stack, Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { Mono } from '../../../components/mono.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import { useNow } from '../../../search/use-now.js';
import { apiKeyStatus, type ApiKey } from '../../api-keys/api-key.js';
import classes from '../secrets/signing-secrets.module.css';
import { RevokeFeedKey } from './revoke-feed-key.js';
import { t, tNode } from '../../../i18n/t.js';

const MAX_KEYS = 200;

/** The valid keys of a feed. */
export function FeedKeys({ webhookId }: { webhookId: string }) {
  const now = useNow(60_000);
  const keys = api.useQuery('get', '/v1/api-keys', { params: { query: { webhookId, limit: MAX_KEYS } } });
  const valid = keys.data?.data.filter((key) => apiKeyStatus(key, now) === 'active');
  return (
    <>
      {keys.error && <ProblemAlert error={keys.error} onRetry={keys.refetch} retrying={keys.isFetching} />}
      {valid?.length === 0 && <Text c="dimmed">{t('No feed key yet. A key reads only this feed.')}</Text>}
      {valid !== undefined && valid.length > 0 && (
        <Stack component="ul" gap="sm" className={classes.list} aria-label={t('Feed keys')}>
          {valid.map((key) => (
            <Group component="li" key={key.id} justify="space-between">
              <Description feedKey={key} />
              <RevokeFeedKey feedKey={key} />
            </Group>
          ))}
        </Stack>
      )}
    </>
  );
}

function Description({ feedKey: { name, prefix, createdAt, lastUsedAt } }: { feedKey: ApiKey }) {
  return (
    <div>
      <Text>
        {name} <Mono>{`${prefix}…`}</Mono>
      </Text>
      <Text size="sm" c="dimmed">
        {tNode('Created {{time}}', { time: <Time at={createdAt} /> })} ·{' '}
        {lastUsedAt === null
          ? t('never used')
          : tNode('last used {{time}}', { time: <Time at={lastUsedAt} /> })}
      </Text>
    </div>
  );
}
