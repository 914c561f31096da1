import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCan } from '../../api/session.js';
import { JsonView } from '../../components/json-view.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
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
  const { event, error, refetch, isFetching } = useEvent(id);
  if (event) return <LoadedPage event={event} />;
  return (
    <Page title={t('Event')} heading={id} above={<TextLink to="/events">{t('Events')}</TextLink>}>
      {error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Stack role="status" aria-label={t('Loading')}>
          <Skeleton height={220} />
          <Skeleton height={320} />
        </Stack>
      )}
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
