import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { useCan } from '../../api/session.js';
import { Panel } from '../../components/panel.js';
import type { EgressTarget } from './egress.js';
import type { Proxy } from './proxy-values.js';
import { useEgress } from './use-egress.js';

// Loaded on demand.
const EgressModal = lazy(() => import('./egress-modal.js'));

/** How requests to a tenant or webhook leave. Only for operators. */
export default function EgressPanel({ target }: { target: EgressTarget }) {
  const [opened, { open, close }] = useDisclosure();
  const { data } = useEgress(target);
  const canChange = useCan('admin');
  return (
    <Panel
      title="Egress"
      description="How requests leave. Tenants do not see this."
      actions={
        data &&
        canChange && (
          <Button variant="default" size="xs" onClick={open}>
            Change egress
          </Button>
        )
      }
    >
      <DetailList
        details={{
          Proxy: data && proxyText(data.proxy, target),
          'Private networks': data?.privateNetworks && networksText(data.privateNetworks),
        }}
      />
      {data && opened && (
        <Suspense fallback={null}>
          <EgressModal target={target} egress={data} onClose={close} />
        </Suspense>
      )}
    </Panel>
  );
}

function proxyText(proxy: Proxy, { kind }: EgressTarget) {
  if (proxy === null) return kind === 'tenant' ? 'Proxy of the installation' : 'Proxy of the tenant';
  if (proxy === 'direct') return 'None';
  return <Mono>{proxy.url}</Mono>;
}

const networksText = (networks: readonly string[]) =>
  networks.length === 0 ? 'None' : <Mono>{networks.join(', ')}</Mono>;
