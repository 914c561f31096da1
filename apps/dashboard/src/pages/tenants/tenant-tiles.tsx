import { api } from '../../api/api.js';
import { type Quota, quotasOf } from '../../components/use-quotas.js';
import { formatCount } from '../../components/format-number.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { PendingTile } from '../overview/pending-tile.js';
import { Tile, Tiles } from '../overview/tile.js';
import { WebhooksTile } from '../overview/webhooks-tile.js';
import type { TenantDetails } from './tenant.js';

const REFRESH_MS = 15_000;

/** The number of webhooks by state, pending deliveries, and usage against quotas. */
export function TenantTiles({ tenant }: { tenant: TenantDetails }) {
  const { data, error, refetch, isFetching } = api.useQuery(
    'get',
    '/v1/overview',
    { params: { query: { tenantId: tenant.id } } },
    { refetchInterval: REFRESH_MS },
  );
  const { webhooks, apiKeys, portalLinks } = quotasOf(tenant);
  return (
    <>
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      <Tiles>
        <WebhooksTile webhooks={data?.webhooks} tenantId={tenant.id} />
        <PendingTile pending={data?.pending} tenantId={tenant.id} />
      </Tiles>
      <Tiles>
        <Tile
          label="Usage"
          metrics={[
            { name: 'Webhooks', value: usageText(webhooks) },
            { name: 'API keys', value: usageText(apiKeys) },
            { name: 'Portal links', value: usageText(portalLinks) },
          ]}
        />
      </Tiles>
    </>
  );
}

const usageText = ({ used, limit }: Quota): string => `${formatCount(used)} of ${formatCount(limit)}`;
