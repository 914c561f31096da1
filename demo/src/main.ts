// npm run demo: a complete run with real events. Webhooks are created, validated, suspended, reactivated and deleted while events are
// published through both ingresses, and the requests of every receiver are compared with the expected ones.
import { matchesPattern } from '@posthorn/core';
import { startStack } from '@posthorn/local';
import { eventually, patientClient, retryingClient } from '@posthorn/testkit';
import { Checks } from './checks.js';
import { createWebhook, type DemoWebhook, acceptedEvents, validate } from './demo-webhook.js';
import { type DemoEvent, realEvents } from './events.js';
import { createPublisher } from './publisher.js';

const checks = new Checks();
const step = (title: string): void => console.log(`\n${title}`);
const union = (...sets: Set<string>[]): Set<string> => new Set(sets.flatMap((set) => Array.from(set)));

step('Starting PostgreSQL, Redis, the admin API, a producer and two workers');
const stack = await startStack({ ephemeral: true, port: 0, onProgress: (line) => console.log(`  ${line}`) });
const api = patientClient(stack.apiUrl, stack.adminKey);
const publisher = createPublisher(
  // A busy API refuses events that it cannot store in time.
  retryingClient(stack.apiUrl, stack.adminKey),
  stack,
);
const webhooks: DemoWebhook[] = [];

async function waitUntilSettled(): Promise<void> {
  await eventually(
    async () => {
      const { body } = await api.get('/v1/deliveries?status=pending&limit=1');
      if (body.data.length > 0) throw new Error('deliveries are still pending');
    },
    { timeoutMs: 180_000, intervalMs: 200 },
  );
}

/** Returns the ids of the events whose type matches one of the patterns. */
function matching(ids: Set<string>, patterns: string[]): Set<string> {
  const matches = (id: string) =>
    patterns.some((pattern) => matchesPattern(publisher.types.get(id) ?? '', pattern));
  return new Set(Array.from(ids).filter(matches));
}

try {
  step('Creating four webhooks and validating three of them');
  const good = await createWebhook(api, 'good', { eventTypes: ['*'] });
  const flaky = await createWebhook(api, 'flaky', {
    eventTypes: ['issues.*', 'release.*'],
    retrySchedule: [1, 1, 1],
  });
  const paused = await createWebhook(api, 'paused', { eventTypes: ['*'] });
  const unvalidated = await createWebhook(api, 'unvalidated', { eventTypes: ['*'] });
  webhooks.push(good, flaky, paused, unvalidated);
  for (const webhook of [good, flaky, paused]) await validate(api, webhook, checks);

  const failures = new Set<object>();
  const attempts = new Map<string, number>();
  flaky.receiver.handle((request) => {
    const id = String(request.headers['webhook-id']);
    const count = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, count);
    if (count > 2) return {};
    failures.add(request);
    return { status: 503 };
  });

  step(`Publishing ${realEvents.length} real events, half through Redis, half over HTTP`);
  const first = await publisher.publish(realEvents);
  await waitUntilSettled();
  const flakyExpected = matching(first, ['issues.*', 'release.*']);
  checks.same('good received every event', acceptedEvents(good), first);
  checks.same('paused received every event', acceptedEvents(paused), first);
  checks.same(
    'flaky received its event types after two failures each',
    acceptedEvents(flaky, failures),
    flakyExpected,
  );
  checks.check(
    'flaky was attempted exactly three times per event',
    [...attempts.values()].every((count) => count === 3),
  );

  step('Suspending a webhook, then publishing');
  const suspended = await api.post(`/v1/webhooks/${paused.id}/suspend`, { reason: 'demo' });
  checks.check('paused is suspended', suspended.body.status === 'suspended', suspended.body);
  const second = await publisher.publish(realEvents.slice(0, 100));

  step(
    'Pushing events while the producer is stopped, and reactivating the webhook: it must not receive them',
  );
  const producer = stack.processes().find((process) => process.role === 'producer');
  if (producer) process.kill(producer.pid, 'SIGSTOP');
  const late: DemoEvent[] = realEvents.slice(100, 150);
  await publisher.push(late);
  const reactivated = await api.post(`/v1/webhooks/${paused.id}/reactivate`);
  checks.check('paused is active', reactivated.body.status === 'active', reactivated.body);
  if (producer) process.kill(producer.pid, 'SIGCONT');
  const pushed = await publisher.waitForAccepted(late.length);
  const third = await publisher.publish(realEvents.slice(150, 250));
  await waitUntilSettled();
  checks.same('paused received no event from its suspension', acceptedEvents(paused), union(first, third));
  checks.same('good received all events', acceptedEvents(good), union(first, second, pushed, third));

  step('Deleting a webhook, then publishing');
  const deleted = await api.delete(`/v1/webhooks/${good.id}`);
  checks.check('good is deleted', deleted.status === 204, deleted);
  const before = acceptedEvents(good);
  const fourth = await publisher.publish(realEvents.slice(0, 20));
  await waitUntilSettled();
  checks.same('the deleted webhook received nothing more', acceptedEvents(good), before);
  checks.same('the other webhook received the events', acceptedEvents(paused), union(first, third, fourth));

  step('Verifying all requests');
  checks.check('the unvalidated webhook received no requests', unvalidated.receiver.requests.length === 0);
  for (const webhook of webhooks) {
    webhook.receiver.verify(webhook.secret);
    checks.check(
      `${webhook.name}: all signatures are valid (${webhook.receiver.requests.length} requests)`,
      true,
    );
  }
  for (const webhook of [good, paused]) {
    const sent = webhook.receiver.requests.length - 1;
    checks.check(`${webhook.name}: no duplicates`, sent === acceptedEvents(webhook).size, sent);
  }
} catch (error) {
  checks.check(`run completed: ${String(error)}`, false);
} finally {
  step('Stopping');
  await publisher.close();
  await Promise.all(webhooks.map((webhook) => webhook.receiver.close()));
  await stack.stop();
}
console.log(checks.summary());
process.exitCode = checks.failed === 0 ? 0 : 1;
