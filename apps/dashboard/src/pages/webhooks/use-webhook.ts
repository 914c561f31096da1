import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import type { Webhook } from '../../api/types.js';

const route = getRouteApi('/_app/webhooks/$webhookId');

/** It may be suspended by its failures, or validated by its receiver, while it is looked at. */
const REFRESH_MS = 15_000;

/** The webhook of the address. */
export function useWebhookQuery() {
  const { webhookId } = route.useParams();
  return useQuery({ ...webhookQuery(webhookId), refetchInterval: REFRESH_MS });
}

/** The same, below the page that waits for it. */
export function useWebhook(): Webhook {
  const { webhookId } = route.useParams();
  const { data } = useQuery(webhookQuery(webhookId));
  if (!data) throw new Error('outside of the page of a webhook');
  return data;
}

/** What must happen once the API has answered with a changed webhook. */
export function useWebhookChanged(): (webhook: Webhook) => void {
  const queryClient = useQueryClient();
  return (webhook) => {
    queryClient.setQueryData(webhookQuery(webhook.id).queryKey, webhook);
    void queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks'] });
  };
}

function webhookQuery(id: string) {
  return api.queryOptions('get', '/v1/webhooks/{id}', { params: { path: { id } } });
}
