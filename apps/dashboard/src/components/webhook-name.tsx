import { Text } from '@mantine/core';
import { api } from '../api/api.js';
import { toProblem } from '../api/problem.js';
import { useCan } from '../api/session.js';
import { useTenantId } from '../search/use-tenant-id.js';

/** Most webhooks that are asked for at once; beyond them, each is asked for by itself. */
const MAX_LISTED = 200;

/** URLs hardly change: not asked for anew with each row that scrolls into view. */
const STALE_MS = 5 * 60_000;

/** The URL of a webhook, as far as it is known here; else its id. */
export function WebhookName({ id }: { id: string }) {
  const { url, isDeleted } = useWebhookUrl(id);
  return (
    <>
      {url ?? id}
      {isDeleted && (
        <Text span c="dimmed">
          {' '}
          (deleted)
        </Text>
      )}
    </>
  );
}

/** @param id undefined: none is asked for */
export function useWebhookUrl(id: string | undefined): { url: string | undefined; isDeleted: boolean } {
  const enabled = useCan('webhooks:read') && id !== undefined;
  const tenantId = useTenantId();
  const list = api.useQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { limit: MAX_LISTED, tenantId } } },
    { enabled, staleTime: STALE_MS },
  );
  const listed = list.data?.data.find((webhook) => webhook.id === id);
  const single = api.useQuery(
    'get',
    '/v1/webhooks/{id}',
    { params: { path: { id: id ?? '' } } },
    { enabled: enabled && !list.isPending && listed === undefined, staleTime: STALE_MS },
  );
  return {
    url: listed?.url ?? single.data?.url,
    isDeleted: single.error !== null && toProblem(single.error).status === 404,
  };
}
