import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../components/page.js';
import { TenantNote } from '../../components/tenant-note.js';
import { DeliveryList } from './delivery-list.js';

const route = getRouteApi('/_app/deliveries/');

export function DeliveriesPage() {
  const search = route.useSearch();
  return (
    <Page
      title="Deliveries"
      description={
        <>Each delivery sends one event to one webhook. {search.webhookId === undefined && <TenantNote />}</>
      }
    >
      <DeliveryList search={search} />
    </Page>
  );
}
