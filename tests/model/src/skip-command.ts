import { chainOf } from './order.js';
import { compareResponse, describeWebhook, type LiveWebhook, type Sequence } from './sequence.js';
import { listAll, type ListedDelivery } from './list-all.js';
import { eventNumber } from './settle.js';

/** Skips one pending delivery of a webhook with an order, if there is one. It may be settled in the meantime. */
export async function skip(sequence: Sequence, webhook: LiveWebhook, pick: number): Promise<void> {
  const { model } = webhook;
  const pending = await listAll<ListedDelivery>(
    sequence,
    `/v1/deliveries?webhookId=${webhook.id}&status=pending`,
  );
  const delivery = pending[pick % pending.length];
  if (!delivery) return;
  const expected = webhook.expectedDeliveries.get(await eventNumber(sequence, delivery.eventId));
  const run = expected?.run;
  if (!run) return;
  const canSkip = chainOf(model, expected, run) !== null && model.status === 'active';
  if (canSkip && run.expectation === 'required') run.expectation = 'optional';
  const real = await sequence.api.post(`/v1/deliveries/${delivery.id}/skip`);
  compareResponse(sequence, `skip event ${expected.event.n} at ${describeWebhook(webhook)}`, {
    real,
    expected: canSkip && real.status !== 409 ? { status: 200 } : { status: 409, code: 'invalid_state' },
  });
}
