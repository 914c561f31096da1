// The main job from nothing, on real events: webhooks are created, validated, suspended, reactivated and deleted while
// events come in through both doors, and every receiver is compared with what it should have got.
import { matchesPattern } from '@posthorn/core';
import { startStack } from '@posthorn/local';
import { apiClient, eventually } from '@posthorn/testkit';
import { Checks } from './checks.js';
import { createWebhook, type DemoWebhook, taken, validate } from './demo-webhook.js';
import { type DemoEvent, realEvents } from './events.js';
import { createPublisher } from './publisher.js';

const checks = new Checks();
const step = (what: string): void => console.log(`\n${what}`);
const union = (...sets: Set<string>[]): Set<string> => new Set(sets.flatMap((set) => Array.from(set)));

step('Starting PostgreSQL, Redis, the admin API, a producer and two workers');
const stack = await startStack({ ephemeral: true, port: 0, onProgress: (line) => console.log(`  ${line}`) });
const api = apiClient(stack.apiUrl, stack.adminKey);
const publisher = createPublisher(api, stack.redisUrl, stack.queuePrefix);
const webhooks: DemoWebhook[] = [];

async function allSettled(): Promise<void> {
  await eventually(
    async () => {
      const { body } = await api.get('/v1/deliveries?status=pending&limit=1');
      if (body.data.length > 0) throw new Error('deliveries are still pending');
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}

/** Which of `events` are of a type that some pattern wants, by the ids that they got. */
async function wanted(ids: Set<string>, patterns: string[]): Promise<Set<string>> {
  const matching = await Promise.all(
    [...ids].map(async (id) => {
      const { body } = await api.get(`/v1/events/${id}`);
      return patterns.some((pattern) => matchesPattern(body.type, pattern)) ? id : null;
    }),
  );
  return new Set(matching.filter((id) => id !== null));
}

try {
  step('Creating four webhooks; three are validated by the code that their URL receives');
  const good = await createWebhook(api, 'good', { eventTypes: ['*'] });
  const flaky = await createWebhook(api, 'flaky', {
    eventTypes: ['issues.*', 'release.*'],
    retrySchedule: [1, 1, 1],
  });
  const paused = await createWebhook(api, 'paused', { eventTypes: ['*'] });
  const never = await createWebhook(api, 'never validated', { eventTypes: ['*'] });
  webhooks.push(good, flaky, paused, never);
  for (const webhook of [good, flaky, paused]) await validate(api, webhook, checks);

  const failures = new Set<object>();
  const tries = new Map<string, number>();
  flaky.receiver.handle((request) => {
    const id = String(request.headers['webhook-id']);
    const count = (tries.get(id) ?? 0) + 1;
    tries.set(id, count);
    if (count > 2) return {};
    failures.add(request);
    return { status: 503 };
  });

  step(`Publishing ${realEvents.length} real events, half through Redis, half through HTTP`);
  const first = await publisher.publish(realEvents);
  await allSettled();
  const flakyWants = await wanted(first, ['issues.*', 'release.*']);
  checks.same('good got every event', taken(good), first);
  checks.same('paused got every event', taken(paused), first);
  checks.same('flaky got its types, after two failures each', taken(flaky, failures), flakyWants);
  checks.check(
    'flaky was tried exactly three times for each',
    [...tries.values()].every((count) => count === 3),
  );

  step('Suspending one webhook, and publishing');
  const suspended = await api.post(`/v1/webhooks/${paused.id}/suspend`, { reason: 'demo' });
  checks.check('paused is suspended', suspended.body.status === 'suspended', suspended.body);
  const second = await publisher.publish(realEvents.slice(0, 100));

  step('Pushing more while the producer sleeps, reactivating meanwhile: nothing comes back');
  const producer = stack.processes().find((process) => process.role === 'producer');
  if (producer) process.kill(producer.pid, 'SIGSTOP');
  const late: DemoEvent[] = realEvents.slice(100, 150);
  await publisher.push(late);
  const reactivated = await api.post(`/v1/webhooks/${paused.id}/reactivate`);
  checks.check('paused is active again', reactivated.body.status === 'active', reactivated.body);
  if (producer) process.kill(producer.pid, 'SIGCONT');
  const waiting = await publisher.takenIn(late.length);
  const third = await publisher.publish(realEvents.slice(150, 250));
  await allSettled();
  checks.same('paused got nothing of what was published meanwhile', taken(paused), union(first, third));
  checks.same('good got all of it', taken(good), union(first, second, waiting, third));

  step('Deleting a webhook, and publishing');
  const deleted = await api.delete(`/v1/webhooks/${good.id}`);
  checks.check('good is deleted', deleted.status === 204, deleted);
  const before = taken(good);
  const fourth = await publisher.publish(realEvents.slice(0, 20));
  await allSettled();
  checks.same('the deleted webhook got nothing more', taken(good), before);
  checks.same('the others did', taken(paused), union(first, third, fourth));

  step('Looking at everything once more');
  checks.check(
    'the webhook that was never validated got no request at all',
    never.receiver.requests.length === 0,
  );
  for (const webhook of webhooks) {
    webhook.receiver.verify(webhook.secret);
    checks.check(
      `${webhook.name}: every signature is right (${webhook.receiver.requests.length} requests)`,
      true,
    );
  }
  for (const webhook of [good, paused]) {
    const sent = webhook.receiver.requests.length - 1;
    checks.check(`${webhook.name}: nothing arrived twice`, sent === taken(webhook).size, sent);
  }
} catch (error) {
  checks.check(`no step broke off: ${String(error)}`, false);
} finally {
  step('Stopping');
  await publisher.close();
  await Promise.all(webhooks.map((webhook) => webhook.receiver.close()));
  await stack.stop();
}
console.log(checks.summary());
process.exitCode = checks.failed === 0 ? 0 : 1;
