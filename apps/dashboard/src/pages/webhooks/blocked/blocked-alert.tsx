import { Alert } from '@mantine/core';
import { Hourglass } from 'lucide-react';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { Time } from '../../../components/time.js';
import { DeliveryLink } from '../../deliveries/delivery-link.js';
import { WARN_ALERT } from '../../../components/alert-colors.js';
import { formatBlockedCount } from './format-blocked-count.js';
import { t, tNode } from '../../../i18n/t.js';

/** Which failed delivery others wait for. */
export function BlockedAlert({ blocked }: { blocked: NonNullable<Webhook['health']['blocked']> }) {
  const { deliveryId, since, keys } = blocked;
  const seesDeliveries = useCan('deliveries:read');
  return (
    <Alert
      classNames={WARN_ALERT}
      title={t('Blocked')}
      icon={<Hourglass size={18} aria-hidden />}
      role="status"
    >
      {tNode('Since {{time}}, {{delivery}} has blocked the deliveries that follow it.', {
        time: <Time at={since} />,
        delivery: seesDeliveries ? <DeliveryLink deliveryId={deliveryId} /> : <Mono>{deliveryId}</Mono>,
      })}
      {keys > 1 && ` ${t('Blocked keys: {{keys}}.', { keys: formatBlockedCount(keys) })}`}
    </Alert>
  );
}
