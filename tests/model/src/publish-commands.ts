import { type ExpectedDelivery, expectDelivery, type PublishedEvent } from './expected-delivery.js';
import {
  compareResponse,
  type LiveWebhook,
  describeWebhook,
  type Sequence,
  trace,
  recordViolation,
} from './sequence.js';
import { matches } from './webhook-model.js';

type EventKind = Pick<PublishedEvent, 'type' | 'key'>;

type Published = EventKind & { count: number };

const keyOf = ({ key }: EventKind) => key !== null && { orderingKey: key };

const TYPES_WHILE_CHANGING = ['order.paid', 'order.sent', 'user.made'];

/** Publishes events over HTTP, all at once. */
export async function publish(sequence: Sequence, { count, ...kind }: Published): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => publishOne(sequence, kind)));
}

async function publishOne(sequence: Sequence, kind: EventKind): Promise<void> {
  const { event, expectedDeliveries } = newEvent(sequence, kind, 'http');
  const deliveries = await post(sequence, event);
  const required = expectedDeliveries.filter(({ run }) => run?.expectation === 'required').length;
  if (deliveries !== required)
    recordViolation(sequence, `event ${event.n} has ${deliveries} deliveries, expected ${required}`);
}

/** Publishes over HTTP during a suspend or reactivate call. The response shows whether the webhook was matched. */
export async function publishWhileChanging(
  sequence: Sequence,
  changing: LiveWebhook,
  count: number,
): Promise<void> {
  const types = TYPES_WHILE_CHANGING.slice(0, count);
  await Promise.all(types.map((type) => publishOneWhileChanging(sequence, changing, type)));
}

async function publishOneWhileChanging(
  sequence: Sequence,
  changing: LiveWebhook,
  type: string,
): Promise<void> {
  const { event, expectedDeliveries } = newEvent(sequence, { type, key: 'a' }, 'http');
  const run = changing.expectedDeliveries.get(event.n)?.run;
  if (!run) return;
  const required = expectedDeliveries.filter(
    (expected) => expected.run !== run && expected.run?.expectation === 'required',
  ).length;
  const canMatch = matches({ ...changing.model, status: 'active' }, type);
  if (canMatch) run.expectation = 'optional';
  const deliveries = await post(sequence, event);
  const own = deliveries - required;
  if (own === 0) run.expectation = 'forbidden';
  else if (own === 1 && canMatch)
    run.expectation = changing.model.status === 'active' ? 'required' : 'optional';
  else
    recordViolation(
      sequence,
      `event ${event.n} has ${deliveries} deliveries, expected ${required} and at most one for ${describeWebhook(changing)}`,
    );
}

/** Publishes over HTTP while the tenant is being stopped. Each event is either stored before that or refused. */
export async function publishWhileStopping(sequence: Sequence, count: number): Promise<void> {
  const types = TYPES_WHILE_CHANGING.slice(0, count);
  await Promise.all(types.map((type) => publishOneWhileStopping(sequence, type)));
}

async function publishOneWhileStopping(sequence: Sequence, type: string): Promise<void> {
  const { event, expectedDeliveries } = newEvent(sequence, { type, key: 'a' }, 'http');
  const runs = expectedDeliveries.flatMap(({ run }) => (run?.expectation === 'required' ? run : []));
  for (const run of runs) run.expectation = 'optional';
  const { n } = event;
  const body = { type, data: { n }, idempotencyKey: String(n), ...keyOf(event) };
  const real = await sequence.api.post('/v1/events', body);
  trace(sequence, `publish event ${n} (${type}) while the tenant is stopped → ${real.status}`);
  if (real.status === 403 || real.status === 401) {
    sequence.refused += 1;
    for (const run of runs) run.expectation = 'forbidden';
  } else if (real.body.deliveries !== runs.length)
    recordViolation(sequence, `event ${n} has ${real.body.deliveries} deliveries, expected ${runs.length}`);
  else sequence.eventNumbers.set(real.body.id, n);
}

async function post(sequence: Sequence, event: PublishedEvent): Promise<number> {
  const { n, type } = event;
  const idempotencyKey = String(n);
  const real = await sequence.api.post('/v1/events', { type, data: { n }, idempotencyKey, ...keyOf(event) });
  // 200: an earlier attempt returned 503, but had stored the event.
  const expected = { status: real.status === 200 ? 200 : 202 };
  compareResponse(sequence, `publish event ${n} (${type})`, { real, expected });
  sequence.eventNumbers.set(real.body.id, n);
  return real.body.deliveries;
}

/** Pushes events to the queue without waiting for the producer. */
export async function push(sequence: Sequence, { count, ...kind }: Published): Promise<void> {
  const { type } = kind;
  const events = Array.from({ length: count }, () => newEvent(sequence, kind, 'redis').event);
  const { tenantId } = sequence;
  const jobs = events.map((event) => ({
    name: type,
    data: { data: { n: event.n }, tenantId, ...keyOf(event) },
  }));
  for (const { id } of await sequence.system.queue.addBulk(jobs)) sequence.pushes.add(String(id));
  trace(sequence, `pushed events ${events.map(({ n }) => n).join(', ')} (${type})`);
}

/** Numbers an event and creates its expected delivery for every webhook. */
function newEvent(
  sequence: Sequence,
  kind: EventKind,
  ingress: PublishedEvent['ingress'],
): { event: PublishedEvent; expectedDeliveries: ExpectedDelivery[] } {
  const event = { n: sequence.events, ...kind, ingress, at: sequence.step };
  sequence.events += 1;
  sequence.system.counters.events += 1;
  const expectedDeliveries = sequence.webhooks.map((webhook) => {
    const expected = expectDelivery(event, webhook.model, Date.now());
    webhook.expectedDeliveries.set(event.n, expected);
    return expected;
  });
  return { event, expectedDeliveries };
}
