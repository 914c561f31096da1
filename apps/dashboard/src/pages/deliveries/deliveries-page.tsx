import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../components/page.js';
import { DeliveryList } from './delivery-list.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/deliveries/');

export function DeliveriesPage() {
  const search = route.useSearch();
  return (
    <Page title={t('Deliveries')} description={t('Each delivery sends one event to one webhook.')}>
      <DeliveryList search={search} />
    </Page>
  );
}
