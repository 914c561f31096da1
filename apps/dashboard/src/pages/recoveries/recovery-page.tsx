import { Group, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import { DetailList } from '../../components/detail-list.js';
import { formatCount } from '../../components/format-number.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { RunProgress } from '../../components/run-progress.js';
import { RunStatus } from '../../components/run-status.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { CancelRecovery } from './cancel-recovery.js';
import { RecoveryTarget } from './recovery-target.js';
import type { Recovery } from './recovery.js';
import { t } from '../../i18n/t.js';

const POLL_MS = 1000;

/** Counting the deliveries of a large recovery takes half a second and more. */
const LARGE = 50_000;
const LARGE_POLL_MS = 10_000;

const route = getRouteApi('/_app/recoveries/$recoveryId');

/** One recovery: its progress, and its result by outcome. */
export function RecoveryPage() {
  const { recoveryId } = route.useParams();
  const canCancel = useCan('deliveries:write');
  const query = api.useQuery(
    'get',
    '/v1/recoveries/{id}',
    { params: { path: { id: recoveryId } } },
    { refetchInterval: ({ state }) => pollInterval(state.data) },
  );
  const { data } = query;
  return (
    <Page
      title={t('Recovery')}
      above={<TextLink to="/recoveries">{t('Recoveries')}</TextLink>}
      heading={
        <Group gap="sm" component="span">
          {t('Recovery')}
          {data && <RunStatus status={data.status} failed={data.failed} />}
        </Group>
      }
      actions={data?.status === 'running' && canCancel && <CancelRecovery recoveryId={recoveryId} />}
    >
      {data ? (
        <Panel title={t('Progress')}>
          <Stack>
            <div>
              <RunProgress total={data.total} queued={data.queued} progress={data.progress} />
            </div>
            <DetailList details={detailsOf(data)} />
          </Stack>
        </Panel>
      ) : (
        <QueryPlaceholder query={query} heights={[240]} />
      )}
    </Page>
  );
}

function pollInterval(recovery: Recovery | undefined): number | false {
  if (recovery?.status !== 'running') return false;
  return recovery.queued > LARGE ? LARGE_POLL_MS : POLL_MS;
}

function detailsOf(recovery: Recovery): Record<string, ReactNode> {
  const {
    webhookId,
    since,
    until,
    automatic,
    includeDropped,
    webhooks,
    inactiveWebhooks,
    createdAt,
    finishedAt,
  } = recovery;
  return {
    [t('Scope')]:
      webhookId === null ? (
        <RecoveryTarget recovery={recovery} />
      ) : (
        <TextLink to="/webhooks/$webhookId" params={{ webhookId }}>
          <RecoveryTarget recovery={recovery} />
        </TextLink>
      ),
    [t('Deliveries')]: (
      <>
        {coverage({ automatic, includeDropped })} · <Time at={since} /> – <Time at={until} />
      </>
    ),
    [t('Webhooks')]: formatCount(webhooks),
    [t('Skipped')]:
      inactiveWebhooks > 0 ? t('{{count, number}} suspended', { count: inactiveWebhooks }) : undefined,
    [t('Started by')]: automatic ? t('Automatic, after the first success') : undefined,
    [t('Started')]: <Time at={createdAt} />,
    [t('Finished')]: finishedAt === null ? undefined : <Time at={finishedAt} />,
  };
}

function coverage({ automatic, includeDropped }: Pick<Recovery, 'automatic' | 'includeDropped'>): string {
  if (automatic) return t('Waiting for a retry');
  return includeDropped ? t('Failed, dropped, or waiting for a retry') : t('Failed or waiting for a retry');
}
