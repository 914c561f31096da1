import type { ApiResponse } from '@posthorn/testkit';
import { expectRedelivery } from './expected-delivery.js';
import {
  compareResponse,
  type LiveWebhook,
  describeWebhook,
  type Sequence,
  recordViolation,
} from './sequence.js';
import { listAll, type ListedDelivery } from './list-all.js';
import { assertRecorded, eventNumber, settle, settleDelivery, untilSettled } from './settle.js';

/** Retries one settled delivery of a webhook, if there is one. */
export async function retry(sequence: Sequence, webhook: LiveWebhook, pick: number): Promise<void> {
  await sequence.system.receiver.drain();
  const listed = await untilSettled(async () => {
    const all = await listAll<ListedDelivery>(sequence, `/v1/deliveries?webhookId=${webhook.id}`);
    for (const delivery of all) await assertRecorded(sequence, delivery);
    return all;
  });
  const settled = await Promise.all(
    listed
      .filter(({ status }) => status !== 'pending')
      .map(async (delivery) => ({
        delivery,
        expected: webhook.expectedDeliveries.get(await eventNumber(sequence, delivery.eventId)),
      })),
  );
  // Deliveries that a running replay has not reached yet are settled, too.
  const candidates = settled.filter(({ expected }) => expected?.run?.cause !== 'replay');
  const chosen = candidates[pick % candidates.length];
  if (!chosen) return;
  const { delivery, expected } = chosen;
  if (!expected) {
    recordViolation(
      sequence,
      `${describeWebhook(webhook)} has delivery ${delivery.id} of an event older than the webhook`,
    );
    return;
  }
  settleDelivery(sequence, webhook, { expected, delivery });
  // What is only to be read with the feed is rejected whatever the status of the webhook.
  const isForFeed = webhook.model.delivery === 'pull' || delivery.status === 'available';
  const isSent = webhook.model.status === 'active' && !isForFeed;
  if (isSent) expectRedelivery(expected, { cause: 'retry', chain: null }, webhook.model);
  const real = await sequence.api.post(`/v1/deliveries/${delivery.id}/retry`);
  compareResponse(
    sequence,
    `retry event ${expected.event.n} (${delivery.status}) at ${describeWebhook(webhook)}`,
    {
      real,
      expected: isSent ? { status: 202 } : { status: 409, code: 'invalid_state' },
    },
  );
  if (isSent) return;
  const { webhookStatus } = real.body;
  if (webhookStatus !== (isForFeed ? undefined : webhook.model.status)) {
    recordViolation(sequence, `the rejected retry has webhookStatus ${webhookStatus}`);
  }
}

/** Starts a replay or recovery of all dropped and failed deliveries, after all are settled. Does not wait for its end. */
export async function redeliver(
  sequence: Sequence,
  webhook: LiveWebhook,
  how: 'replay' | 'recover',
): Promise<void> {
  await settle(sequence);
  const { model } = webhook;
  const expectedDeliveries = [...webhook.expectedDeliveries.values()].filter(
    ({ status }) => model.delivery === 'push' && (status === 'dropped' || status === 'failed'),
  );
  const chain = `${how} of step ${sequence.step}`;
  if (model.status === 'active')
    for (const expected of expectedDeliveries) expectRedelivery(expected, { cause: 'replay', chain }, model);
  const real = await (how === 'replay' ? startReplay : startRecovery)(sequence, webhook);
  compareResponse(sequence, `${how} ${describeWebhook(webhook)}`, {
    real,
    expected: expectedResponse(model, how),
  });
  if (real.status !== 202) return;
  if (real.body.total !== expectedDeliveries.length) {
    recordViolation(
      sequence,
      `${real.body.id} has ${real.body.total} deliveries, expected ${expectedDeliveries.length}`,
    );
  }
  sequence.replays.add(`/v1/${how === 'replay' ? 'replays' : 'recoveries'}/${real.body.id}`);
}

const startReplay = ({ api, startedAt }: Sequence, { id }: LiveWebhook): Promise<ApiResponse> =>
  api.post(`/v1/webhooks/${id}/replay`, {
    from: startedAt.toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
    statuses: ['dropped', 'failed'],
  });

const startRecovery = ({ api, startedAt }: Sequence, { id }: LiveWebhook): Promise<ApiResponse> =>
  api.post('/v1/recoveries', { since: startedAt.toISOString(), webhookId: id, includeDropped: true });

/** A recovery leaves out a webhook that is read with its feed. */
function expectedResponse(
  { status, delivery }: LiveWebhook['model'],
  how: 'replay' | 'recover',
): { status: number; code?: string } {
  if (status === 'active' && (delivery === 'push' || how === 'recover')) return { status: 202 };
  if (status === 'deleted') return { status: 404, code: 'not_found' };
  return { status: 409, code: 'invalid_state' };
}
