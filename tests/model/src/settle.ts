import { eventually } from '@posthorn/testkit';
import { compareFeed } from './feed-commands.js';
import { closeRun, type ExpectedDelivery } from './expected-delivery.js';
import { listAll, type ListedDelivery } from './list-all.js';
import { checkNumbers } from './order.js';
import { type LiveWebhook, describeWebhook, type Sequence, recordViolation } from './sequence.js';
import { isNumbered } from './webhook-model.js';

/** Much longer than the recovery from a killed worker and then a killed producer, on a slow machine. */
const SETTLE_TIMEOUT_MS = 300_000;
const POLL_MS = 150;

/** Polls until `assertion` no longer throws. */
export const untilSettled = <T>(assertion: () => Promise<T>): Promise<T> =>
  eventually(assertion, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: POLL_MS });

/** Waits until all deliveries are settled, then compares them and all received requests with the model. */
export async function settle(sequence: Sequence): Promise<void> {
  const deliveries = await untilSettled(async () => {
    const arrivals = countArrivals(sequence);
    const settled = await settledDeliveries(sequence);
    await sequence.system.receiver.drain();
    if (countArrivals(sequence) !== arrivals) throw new Error('requests have just arrived');
    for (const delivery of settled) await assertRecorded(sequence, delivery);
    return settled;
  });
  for (const webhook of sequence.webhooks) {
    const own = deliveries.filter(({ webhookId }) => webhookId === webhook.id);
    await compareWebhookDeliveries(sequence, webhook, own);
    if (webhook.model.status === 'active' && isNumbered(webhook.model))
      await compareFeed(sequence, webhook, own);
  }
}

const countArrivals = ({ webhooks }: Sequence): number =>
  webhooks
    .flatMap(({ expectedDeliveries }) => [...expectedDeliveries.values()])
    .reduce((sum, { run }) => sum + (run?.arrivals.length ?? 0), 0);

async function settledDeliveries(sequence: Sequence): Promise<ListedDelivery[]> {
  const { queue } = sequence.system;
  for (const id of sequence.pushes) {
    if (await queue.getJob(id)) throw new Error(`job ${id} is unread`);
    sequence.pushes.delete(id);
  }
  for (const path of sequence.replays) {
    const { body } = await sequence.api.get(path);
    if (body.status === 'running') throw new Error(`${path} is running`);
    sequence.replays.delete(path);
  }
  const deliveries: ListedDelivery[] = await listAll(sequence, '/v1/deliveries');
  const pending = deliveries.filter(({ status }) => status === 'pending');
  if (pending.length > 0) throw new Error(`still pending: ${JSON.stringify(pending)}`);
  return deliveries;
}

/** A delivery dropped with a request in flight that is accepted succeeds a moment later, unless its worker was killed. */
export async function assertRecorded(
  sequence: Sequence,
  { status, webhookId, eventId }: ListedDelivery,
): Promise<void> {
  if (status !== 'dropped') return;
  const n = await eventNumber(sequence, eventId);
  const run = sequence.webhooks.find(({ id }) => id === webhookId)?.expectedDeliveries.get(n)?.run;
  if (!run || sequence.system.faults.workersKilledSince(run.openedAtMs) > 0) return;
  const isAccepted = run.arrivals.some((arrival) => arrival.status < 300);
  if (isAccepted) throw new Error(`event ${n} was accepted, but its delivery is dropped`);
}

async function compareWebhookDeliveries(
  sequence: Sequence,
  webhook: LiveWebhook,
  deliveries: ListedDelivery[],
): Promise<void> {
  const byNumber = new Map<number, ListedDelivery>();
  for (const delivery of deliveries) byNumber.set(await eventNumber(sequence, delivery.eventId), delivery);
  if (byNumber.size !== deliveries.length)
    recordViolation(sequence, `${describeWebhook(webhook)} has two deliveries of one event`);
  compareNumbers(sequence, webhook, byNumber);
  for (const expected of webhook.expectedDeliveries.values())
    settleDelivery(sequence, webhook, { expected, delivery: byNumber.get(expected.event.n) });
  for (const n of byNumber.keys()) {
    if (!webhook.expectedDeliveries.has(n))
      recordViolation(
        sequence,
        `${describeWebhook(webhook)} has a delivery of event ${n}, which is older than the webhook`,
      );
  }
}

/** Compares the numbers of all deliveries of a webhook with the order. @param deliveries by the number of their event */
function compareNumbers(
  sequence: Sequence,
  webhook: LiveWebhook,
  deliveries: ReadonlyMap<number, ListedDelivery>,
): void {
  const numbered = [...webhook.expectedDeliveries.values()].flatMap((expected) => {
    const delivery = deliveries.get(expected.event.n);
    return delivery ? [{ expected, number: delivery.sequence }] : [];
  });
  for (const violation of checkNumbers(numbered))
    recordViolation(sequence, `${describeWebhook(webhook)} ${violation}`);
}

/** Returns the number of an event; of a pushed event only its data has it. */
export async function eventNumber(sequence: Sequence, eventId: string): Promise<number> {
  const known = sequence.eventNumbers.get(eventId);
  if (known !== undefined) return known;
  const { body } = await sequence.api.get(`/v1/events/${eventId}`);
  sequence.eventNumbers.set(eventId, body.data.n);
  return body.data.n;
}

/** Closes the run of a settled delivery and records violations. */
export function settleDelivery(
  sequence: Sequence,
  webhook: LiveWebhook,
  { expected, delivery }: { expected: ExpectedDelivery; delivery: ListedDelivery | undefined },
): void {
  const { faults, counters } = sequence.system;
  const { run } = expected;
  if (run) {
    counters.runs[run.expectation] += 1;
    counters.duplicates += Math.max(run.arrivals.filter((arrival) => arrival.status < 300).length - 1, 0);
  }
  const violation = closeRun({
    expected,
    status: delivery?.status ?? null,
    retrySchedule: webhook.model.retrySchedule,
    kills: run ? faults.workersKilledSince(run.openedAtMs) : 0,
  });
  if (violation !== null)
    recordViolation(sequence, `event ${expected.event.n} at ${describeWebhook(webhook)}: ${violation}`);
  if (
    delivery?.status === 'dropped' &&
    !['suspended', 'deleted', 'skipped', 'tenant_suspended'].includes(delivery.reason ?? '')
  ) {
    recordViolation(
      sequence,
      `event ${expected.event.n} at ${describeWebhook(webhook)} was dropped with reason ${delivery.reason}`,
    );
  }
}
