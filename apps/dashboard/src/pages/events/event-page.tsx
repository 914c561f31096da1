import { SimpleGrid, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCan } from '../../api/session.js';
import { JsonView } from '../../components/json-view.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { RedactionHint } from '../../components/redaction-hint.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { SuspendedTenantOf } from '../../components/suspended-tenant.js';
import { TextLink } from '../../components/text-link.js';
import { EraseEventButton } from './erase-event-button.js';
import { EventDetails } from './event-details.js';
import { EventWebhooks } from './event-webhooks.js';
import { ReplayEventButton } from './replay-event-button.js';
import { type EventWithText, useEvent } from './use-event.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/events/$eventId');

/** One event: its data, its deliveries, and why each other webhook has none. */
export function EventPage() {
  const { eventId: id } = route.useParams();
  const query = useEvent(id);
  if (query.event) return <LoadedPage event={query.event} />;
  return (
    <Page title={t('Event')} heading={id} above={<TextLink to="/events">{t('Events')}</TextLink>}>
      <QueryPlaceholder query={query} heights={[220, 320]} />
    </Page>
  );
}

function LoadedPage({ event }: { event: EventWithText }) {
  const canReplay = useCan('deliveries:write');
  const canErase = useCan('admin');
  return (
    <Page
      title={event.type}
      above={<TextLink to="/events">{t('Events')}</TextLink>}
      actions={
        !event.erased && (
          <>
            {canErase && <EraseEventButton eventId={event.id} />}
            {canReplay && <ReplayEventButton eventId={event.id} />}
          </>
        )
      }
    >
      <SuspendedTenantOf tenantId={event.tenantId} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <EventDetails event={event} retentionEnd={event} />
        <Panel title={t('Data')}>
          {event.erased ? (
            <Text c="dimmed">{t('The data of this event was erased.')}</Text>
          ) : event.dataText === null ? (
            <Text c="dimmed">{t('The payload has expired.')}</Text>
          ) : (
            <>
              <JsonView value={event.dataText} label={t('Event data')} maxHeight={320} />
              <RedactionHint shown={event.dataText} />
            </>
          )}
        </Panel>
      </SimpleGrid>
      <EventWebhooks eventId={event.id} />
    </Page>
  );
}
