import { SimpleGrid } from '@mantine/core';
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
import { RedactionHint } from '../../components/redaction-hint.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { NotFound } from '../../components/not-found.js';
import { PublishButton } from '../events/publish-button.js';
import { parseDraft } from './parse-draft.js';
import { rejectionLabel, sourceLabel } from './rejected-event-labels.js';
import { useRejectedEvent } from './use-rejected-event.js';

const route = getRouteApi('/_app/rejected-events/$rejectedEventId');

/** One rejected event: the reason and the original push. */
export function RejectedEventPage() {
  const { rejectedEventId } = route.useParams();
  const query = useRejectedEvent(rejectedEventId);
  if (query.rejectedEvent) return <LoadedPage rejectedEvent={query.rejectedEvent} />;
  if (query.isSuccess) return <NotFound />;
  return (
    <Page title="Rejected event" above={<TextLink to="/rejected-events">Rejected events</TextLink>}>
      <QueryPlaceholder query={query} heights={[260]} />
    </Page>
  );
}

function LoadedPage({ rejectedEvent }: { rejectedEvent: RejectedEvent }) {
  const { id, code, message, source, tenantId, payload, createdAt } = rejectedEvent;
  const seesAllTenants = useSeesAllTenants();
  const draft = parseDraft(payload);
  const canPublish = useCan('events:write') && draft !== null;
  return (
    <Page
      title="Rejected event"
      above={<TextLink to="/rejected-events">Rejected events</TextLink>}
      actions={canPublish && <PublishButton draft={draft} label="Edit and publish" />}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Panel title="Details">
          <DetailList
            details={{
              Reason: <Badge tone="bad" icon={CircleX} label={rejectionLabel(code)} />,
              Message: message,
              Code: <Mono>{code}</Mono>,
              Source: sourceLabel(source),
              Tenant: seesAllTenants ? tenantId === null ? 'None' : <TenantName id={tenantId} /> : undefined,
              Rejected: <Time at={createdAt} />,
              ID: <Mono copy="rejected event ID">{id}</Mono>,
            }}
          />
        </Panel>
        <Panel title="Original push">
          <JsonView value={payload} label="Original push" />
          <RedactionHint shown={typeof payload === 'string' ? payload : JSON.stringify(payload)} />
        </Panel>
      </SimpleGrid>
    </Page>
  );
}
