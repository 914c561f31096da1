import { Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { Mono } from '../../../components/mono.js';
import { tNode } from '../../../i18n/t.js';

/** Shows the addresses that requests come from, if the installation has set them, so that a firewall can allow them. */
export function EgressAddresses() {
  const { data } = api.useQuery(
    'get',
    '/.well-known/webhook-egress',
    {},
    { retry: false, staleTime: Infinity },
  );
  if (!data) return null;
  const addresses = data.addresses.join(', ');
  return (
    <Text size="sm" c="dimmed">
      {tNode('Requests come from {{addresses}}. If your receiver has a firewall, allow them.', {
        addresses: <Mono>{addresses}</Mono>,
      })}
    </Text>
  );
}
