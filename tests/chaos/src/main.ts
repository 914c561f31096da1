// npm run chaos -- [--rounds N] [--seed S] [--role all] [--json FILE]: injects faults under steady load, then compares every accepted event
// with the requests that arrived.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { retryingClient } from '@posthorn/testkit';
import { Checks } from './checks.js';
import { startEventReceiver } from './event-receiver.js';
import { faultsOf } from './faults.js';
import { startPublisher } from './publisher.js';
import { seededRandom } from './random.js';
import { drawFaults, type Round, runRound, seconds } from './rounds.js';
import { startSystem, type Topology } from './system.js';
import { startTenantChurn } from './tenant-churn.js';
import { createPulledWebhook, createTrackedWebhook } from './tracked-webhook.js';
import { verifyRun } from './verify-run.js';
import { startRecreating, startToggling } from './webhook-churn.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    role: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'string' },
  },
});
const topology: Topology = values.role === 'all' ? 'all' : 'separate';
const names = faultsOf(topology);
const rounds = Number(values.rounds ?? names.length);
const seed = Number(values.seed);
if (![undefined, 'all'].includes(values.role) || !(rounds >= 1) || ![rounds, seed].every(Number.isInteger)) {
  console.error('Usage: npm run chaos -- [--rounds N] [--seed S] [--role all] [--json FILE]');
  process.exit(2);
}

const checks = new Checks();
const random = seededRandom(seed);
const faults = drawFaults(random, names, rounds);
console.log(`${rounds} rounds; to repeat them: --rounds ${rounds} --seed ${seed}`);

const system = await startSystem(topology);
try {
  const api = retryingClient(system.apiUrl, system.adminKey);
  const latencyMs = () => 20 + random.below(100);
  const [witness, calm, flaky, paused, line, keyed] = await Promise.all([
    startEventReceiver({ latencyMs }),
    startEventReceiver({ latencyMs }),
    startEventReceiver({ latencyMs, fails: () => random.chance(10) }),
    startEventReceiver({ latencyMs }),
    // One request at a time: quick enough to catch up after an outage.
    startEventReceiver({ latencyMs: () => 5, fails: () => random.chance(2) }),
    startEventReceiver({ latencyMs, fails: () => random.chance(10) }),
  ]);
  const eventTypes = ['chaos.http', 'chaos.redis'];
  // With fewer requests than events, deliveries that a worker has read always wait for their turn when it is suspended.
  const rateLimit = { limit: 25, perSeconds: 1 };
  const toggled = await createTrackedWebhook(api, {
    name: 'toggled',
    eventTypes,
    receiver: paused,
    rateLimit,
  });
  const ordered = { eventTypes: ['chaos.ordered'] };
  const pushed = await createTrackedWebhook(api, {
    ...ordered,
    name: 'in order',
    receiver: line,
    ordering: 'strict',
  });
  const pulled = await createPulledWebhook(api, { ...ordered, name: 'pulled' });
  const steady = [
    await createTrackedWebhook(api, { name: 'all', eventTypes: ['*'], receiver: witness }),
    await createTrackedWebhook(api, { name: 'posted', eventTypes: ['chaos.http'], receiver: calm }),
    await createTrackedWebhook(api, { name: 'flaky', eventTypes, receiver: flaky }),
    pushed,
    pulled,
    await createTrackedWebhook(api, {
      ...ordered,
      name: 'in order by key',
      receiver: keyed,
      ordering: 'byKey',
    }),
  ];
  const publisher = startPublisher({ system, api, witness, line });
  const toggling = startToggling(api, toggled, seededRandom(seed + 1));
  const recreating = startRecreating(api, { eventTypes, random: seededRandom(seed + 2) });
  const tenantChurn = await startTenantChurn(api, seededRandom(seed + 3));
  const receivers = () => [
    witness,
    calm,
    flaky,
    paused,
    line,
    keyed,
    tenantChurn.receiver,
    ...recreating.receivers,
  ];
  const inFlight = () => receivers().reduce((sum, receiver) => sum + receiver.inFlight(), 0);

  const context = { system, publisher, toggling, receivers: [calm, flaky], random };
  const done: Round[] = [];
  for (const [index, fault] of faults.entries()) {
    done.push(await runRound(context, { number: index + 1, fault, witness, inFlight }));
  }

  await sleep(2000);
  await Promise.all([publisher.stop(), toggling.stop(), recreating.stop(), tenantChurn.stop()]);
  const webhooks = [...steady, toggled, ...recreating.webhooks];
  await pulled.reader.stop();
  const result = await verifyRun({
    api,
    publisher,
    webhooks,
    pushed,
    pulled,
    ofTenant: tenantChurn.webhook,
    rounds: done,
    checks,
  });
  if (values.json) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ seed, ...result, failures: checks.failures }, null, 2)}\n`,
    );
  }
  await publisher.close();
  await Promise.all(receivers().map(({ close }) => close()));
  console.log(`settled ${seconds(result.settleMs)} after the last event`);
} catch (error) {
  checks.check(`run completed: ${String(error)}`, false);
} finally {
  await system.stop();
}
console.log(`chaos: ${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
