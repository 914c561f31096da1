import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { CircleX } from 'lucide-react';
import { useCan, useSeesAllTenants } from '../../api/session.js';
import type { RejectedEvent } from '../../api/types.js';
import { Badge } from '../../components/badge.js';
import { DetailList } from '../../components/detail-list.js';
import { JsonView } from '../../components/json-view.js';
import { Mono } from '../../components/mono.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { NotFound } from '../../shell/not-found.js';
import { PublishButton } from '../events/publish-button.js';
import { parseDraft } from './parse-draft.js';
import { rejectionLabel, sourceLabel } from './rejected-event-labels.js';
import { useRejectedEvent } from './use-rejected-event.js';

const route = getRouteApi('/_app/rejected-events/$rejectedEventId');

/** One push that could not be taken: why, and as it came. */
export function RejectedEventPage() {
  const { rejectedEventId } = route.useParams();
  const { rejectedEvent, isPending, error, refetch, isFetching } = useRejectedEvent(rejectedEventId);
  if (rejectedEvent) return <LoadedPage rejectedEvent={rejectedEvent} />;
  if (!isPending && !error) return <NotFound />;
  return (
    <Page title="Rejected event" above={<TextLink to="/rejected-events">Rejected events</TextLink>}>
      {error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Stack role="status" aria-label="Loading">
          <Skeleton height={260} />
        </Stack>
      )}
    </Page>
  );
}

function LoadedPage({ rejectedEvent }: { rejectedEvent: RejectedEvent }) {
  const { id, code, message, source, tenantId, payload, createdAt } = rejectedEvent;
  const seesAllTenants = useSeesAllTenants();
  const draft = parseDraft(payload);
  const mayPublish = useCan('events:write') && draft !== null;
  return (
    <Page
      title="Rejected event"
      above={<TextLink to="/rejected-events">Rejected events</TextLink>}
      actions={mayPublish && <PublishButton draft={draft} label="Correct and publish" />}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Panel title="Why it was not taken">
          <DetailList
            details={{
              Kind: (
                <Badge tone="bad" icon={CircleX}>
                  {rejectionLabel(code)}
                </Badge>
              ),
              Problem: message,
              Code: <Mono>{code}</Mono>,
              'Came by': sourceLabel(source),
              Tenant: seesAllTenants ? (
                tenantId === null ? (
                  'none that exists'
                ) : (
                  <TenantName id={tenantId} />
                )
              ) : undefined,
              When: <Time at={createdAt} />,
              Id: <Mono copy="id">{id}</Mono>,
            }}
          />
        </Panel>
        <Panel title="As it came">
          <JsonView value={payload} label="What was pushed" />
        </Panel>
      </SimpleGrid>
    </Page>
  );
}
