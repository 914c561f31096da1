import { Loader, Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import type { Delivery } from '../../../api/types.js';
import { TextLink } from '../../../components/text-link.js';
import { Time } from '../../../components/time.js';
import { t, tNode } from '../../../i18n/t.js';

const POLL_MS = 2000;

/** Returns the first delivery that succeeded, or else the newest one, and waits for it. */
export function useFirstDelivery(webhookId: string, isActive: boolean): Delivery | undefined {
  const enabled = useCan('deliveries:read') && isActive;
  const deliveries = api.useQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, limit: 50 } } },
    {
      enabled,
      refetchInterval: ({ state }) => (firstOf(state.data?.data)?.status === 'succeeded' ? false : POLL_MS),
    },
  );
  return firstOf(deliveries.data?.data);
}

/** @param deliveries newest first */
function firstOf(deliveries: readonly Delivery[] | undefined): Delivery | undefined {
  return deliveries?.findLast(({ status }) => status === 'succeeded') ?? deliveries?.[0];
}

interface FirstEventProps {
  delivery: Delivery | undefined;
  isActive: boolean;
}

/** Whether an event has arrived, live. */
export function FirstEvent({ delivery, isActive }: FirstEventProps) {
  return (
    <div role="status">
      <Text>{isActive ? <State delivery={delivery} /> : t('Validate the URL first.')}</Text>
    </div>
  );
}

function State({ delivery }: { delivery: Delivery | undefined }) {
  if (delivery === undefined) {
    return (
      <>
        <Loader size="xs" mr="xs" />
        {t('Waiting for an event of a subscribed type. It appears here when it arrives.')}
      </>
    );
  }
  const link = (
    <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: delivery.id }} underline="always">
      {delivery.eventType ?? delivery.id}
    </TextLink>
  );
  return delivery.status === 'succeeded'
    ? tNode('The first event has arrived: {{event}}, {{time}}.', {
        event: link,
        time: <Time at={delivery.settledAt} relative />,
      })
    : tNode('An event was sent, but the receiver has not accepted it yet: {{event}}.', { event: link });
}
