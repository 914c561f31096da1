import { SimpleGrid } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCan } from '../../api/session.js';
import { JsonView } from '../../components/json-view.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { TextLink } from '../../components/text-link.js';
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
  return (
    <Page
      title={event.type}
      above={<TextLink to="/events">{t('Events')}</TextLink>}
      actions={canReplay && <ReplayEventButton eventId={event.id} />}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <EventDetails event={event} />
        <Panel title={t('Data')}>
          <JsonView value={event.dataText} label={t('Event data')} maxHeight={320} />
        </Panel>
      </SimpleGrid>
      <EventWebhooks eventId={event.id} />
    </Page>
  );
}
