import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { useInvalidate } from '../../api/use-invalidate.js';
import type { Webhook } from '../../api/types.js';

const route = getRouteApi('/_app/webhooks/$webhookId');

/** The webhook may be suspended automatically, or validated by its receiver, while the page is open. */
const REFRESH_MS = 15_000;

/** Loads the webhook of the URL. */
export function useWebhookQuery() {
  const { webhookId } = route.useParams();
  return useQuery({ ...webhookQuery(webhookId), refetchInterval: REFRESH_MS });
}

/** Returns the webhook of the URL. Works only below WebhookPage, which loads it. */
export function useWebhook(): Webhook {
  const { webhookId } = route.useParams();
  const { data } = useQuery(webhookQuery(webhookId));
  if (!data) throw new Error('useWebhook must be used below WebhookPage');
  return data;
}

/** Returns a function that writes a changed webhook to the cache. */
export function useWebhookChanged(): (webhook: Webhook) => void {
  const queryClient = useQueryClient();
  const invalidate = useInvalidate();
  return (webhook) => {
    queryClient.setQueryData(webhookQuery(webhook.id).queryKey, webhook);
    invalidate('/v1/webhooks', '/v1/overview/attention');
  };
}

/** The query of a webhook. */
export function webhookQuery(id: string) {
  return api.queryOptions('get', '/v1/webhooks/{id}', { params: { path: { id } } });
}
