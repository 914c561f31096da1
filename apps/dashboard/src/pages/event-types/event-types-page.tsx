import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { Plus, Tags } from 'lucide-react';
import { useSeesAllTenants } from '../../api/session.js';
import { DataTableSkeleton } from '../../components/data-table-skeleton.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { EventTypeGroup } from './event-type-group.js';
import EventTypeModal from './event-type-modal.js';
import { groupsOf, matching } from './grouped-event-types.js';
import { useEventTypes, type EventType } from './use-event-types.js';
import { useCanEditEventTypes } from './use-can-edit-event-types.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/event-types/');

export function EventTypesPage() {
  const { search } = route.useSearch();
  const { eventTypes, error, refetch, isFetching } = useEventTypes();
  const canEdit = useCanEditEventTypes();
  const seesAllTenants = useSeesAllTenants();
  const [isCreating, { open, close }] = useDisclosure();
  return (
    <Page
      title={t('Event types')}
      description={
        seesAllTenants
          ? 'The types that webhooks can subscribe to. All tenants share this catalog.'
          : t('The types that webhooks can subscribe to.')
      }
      actions={
        canEdit && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={open}>
            {t('Create event type')}
          </Button>
        )
      }
    >
      <FilterBar params={['search']}>
        <FilterSearch param="search" label={t('Filter by name or description')} />
      </FilterBar>
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {eventTypes && <Catalog eventTypes={eventTypes} search={search} canEdit={canEdit} />}
      {!eventTypes && !error && <DataTableSkeleton height={53} gap={0} />}
      <EventTypeModal opened={isCreating} onClose={close} />
    </Page>
  );
}

interface CatalogProps {
  eventTypes: readonly EventType[];
  search: string | undefined;
  canEdit: boolean;
}

function Catalog({ eventTypes, search = '', canEdit }: CatalogProps) {
  const found = matching(eventTypes, search);
  if (found.length > 0)
    return groupsOf(found).map(({ group, types }) => (
      <EventTypeGroup key={group} group={group} types={types} />
    ));
  return (
    <Panel title={t('Catalog')} flush>
      {search === '' ? (
        <EmptyState title={t('No event types yet')} icon={Tags}>
          {canEdit
            ? 'Add event types to offer them when a webhook is created, and to validate event data against a schema. Events of other types can still be published.'
            : t('The event types of the catalog appear here.')}
        </EmptyState>
      ) : (
        <EmptyState title={t('No event types match this search')}>
          {t('Try another name or description.')}
        </EmptyState>
      )}
    </Panel>
  );
}
