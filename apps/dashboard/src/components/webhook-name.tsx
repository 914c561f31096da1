import { Text } from '@mantine/core';
import { api } from '../api/api.js';
import { toProblem } from '../problems/problem.js';
import { useCan } from '../api/session.js';
import type { Webhook } from '../api/types.js';
import { useListedTenant } from '../search/use-listed-tenant.js';
import { t } from '../i18n/t.js';

/** Webhooks loaded by one list call. Any others are loaded one by one. */
const MAX_LISTED = 200;

/** URLs rarely change, so rows that scroll into view reuse the cache. */
const STALE_MS = 5 * 60_000;

/** Shows the URL of a webhook, or its ID if the URL is not available, and its description. */
export function WebhookName({ id }: { id: string }) {
  const { webhook, isDeleted } = useWebhookById(id);
  return (
    <>
      {webhook?.url ?? id}
      {isDeleted && (
        <Text span c="dimmed">
          {' '}
          {t('(deleted)')}
        </Text>
      )}
      <WebhookDescription>{webhook?.description}</WebhookDescription>
    </>
  );
}

/** The description of a webhook, on a line below its URL. Nothing without one. */
export function WebhookDescription({ children }: { children: string | null | undefined }) {
  if (!children) return null;
  return (
    <Text component="span" display="block" size="xs" c="dimmed" truncate>
      {children}
    </Text>
  );
}

/** The URL of a webhook, or its ID without one. */
export const webhookTitle = ({ id, url }: Pick<Webhook, 'id' | 'url'>): string => url ?? id;

/** The URL of a webhook and its description, as a text. */
export function webhookLabel({
  description,
  ...webhook
}: Pick<Webhook, 'id' | 'url' | 'description'>): string {
  const title = webhookTitle(webhook);
  return description ? `${title} – ${description}` : title;
}

/** Loads a webhook, from the cached list if possible. @param id undefined to load nothing */
export function useWebhookById(id: string | undefined): { webhook: Webhook | undefined; isDeleted: boolean } {
  const enabled = useCan('webhooks:read') && id !== undefined;
  const tenantId = useListedTenant();
  const list = api.useQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { limit: MAX_LISTED, tenantId } } },
    { enabled, staleTime: STALE_MS },
  );
  const listed = list.data?.data.find((each) => each.id === id);
  const single = api.useQuery(
    'get',
    '/v1/webhooks/{id}',
    { params: { path: { id: id ?? '' } } },
    { enabled: enabled && !list.isPending && listed === undefined, staleTime: STALE_MS },
  );
  return {
    webhook: listed ?? single.data,
    isDeleted: single.error !== null && toProblem(single.error).status === 404,
  };
}
