import { decodeId, newId } from '@posthorn/core';
import { createActiveWebhook, type Receiver } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import type { TestApi } from './start-api.js';

export interface FeedWebhook {
  id: string;
  /** The UUID. */
  uuid: string;
  secret: string;
  type: string;
  /** Publishes an event for the webhook. Returns its id. */
  publish: (data?: object) => Promise<string>;
  feed: (query?: string, client?: CheckedClient) => ReturnType<CheckedClient['get']>;
}

/** Creates an active webhook that numbers its deliveries, with a separate event type. */
export async function createFeedWebhook(
  api: TestApi,
  receiver: Receiver,
  fields: Record<string, unknown> = {},
): Promise<FeedWebhook> {
  const type = `feed.type${newId().replaceAll('-', '')}`;
  const webhook = await createActiveWebhook(api.admin, receiver, {
    eventTypes: [type],
    sequence: true,
    ...fields,
  });
  const { tenantId } = fields;
  return {
    ...webhook,
    uuid: decodeId('webhook', webhook.id) ?? '',
    type,
    publish: async (data = {}) => {
      const { status, body } = await api.admin.post('/v1/events', {
        type,
        data,
        ...(tenantId !== undefined && { tenantId }),
      });
      if (status !== 202) throw new Error(`Not published: ${JSON.stringify(body)}`);
      return body.id;
    },
    feed: (query = '', client = api.admin) => client.get(`/v1/webhooks/${webhook.id}/feed${query}`),
  };
}

/** Settles the delivery with a number. */
export async function settle(
  api: TestApi,
  webhook: FeedWebhook,
  { sequence, status, reason = null }: { sequence: number; status: string; reason?: string | null },
): Promise<void> {
  const { rowCount } = await api.deps.pool.query(
    `WITH settled AS (DELETE FROM pending_delivery WHERE webhook_id = $1 AND sequence = $2 RETURNING *)
     INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, reason, sequence)
     SELECT id, event_id, webhook_id, tenant_id, now(), $3::delivery_status, epoch, 1, false, $4, sequence FROM settled`,
    [webhook.uuid, sequence, status, reason],
  );
  if (rowCount !== 1) throw new Error(`Delivery ${sequence} is not pending`);
}
