// Kills and outages under a steady load, and then a comparison, event by event, of what was accepted with what arrived.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Checks } from './checks.js';
import { keepRenewing, keepToggling } from './comings-and-goings.js';
import { FAULTS } from './faults.js';
import { judge } from './judge.js';
import { startLoad } from './load.js';
import { patientClient } from './patient-client.js';
import { seededRandom } from './random.js';
import { startReceiver } from './receiver.js';
import { drawFaults, type Round, runRound, seconds } from './rounds.js';
import { subscribe } from './subscriber.js';
import { startSystem } from './system.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: String(Object.keys(FAULTS).length) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  console.error('usage: npm run chaos -- [--rounds N] [--seed S] [--json FILE]');
  process.exit(2);
}

const checks = new Checks();
const random = seededRandom(seed);
const faults = drawFaults(random, rounds);
console.log(`${rounds} rounds of seed ${seed}: give --seed ${seed} for the same ones`);

const system = await startSystem();
try {
  const call = patientClient(system.apiUrl, system.adminKey);
  const latencyMs = () => 20 + random.below(100);
  const [witness, calm, flaky, paused] = await Promise.all([
    startReceiver({ latencyMs }),
    startReceiver({ latencyMs }),
    startReceiver({ latencyMs, fails: () => random.next() < 0.1 }),
    startReceiver({ latencyMs }),
  ]);
  const kinds = ['chaos.http', 'chaos.redis'];
  const toggled = await subscribe(call, { name: 'toggled', eventTypes: kinds, receiver: paused });
  const steady = [
    await subscribe(call, { name: 'all', eventTypes: ['*'], receiver: witness }),
    await subscribe(call, { name: 'posted', eventTypes: ['chaos.http'], receiver: calm }),
    await subscribe(call, { name: 'flaky', eventTypes: kinds, receiver: flaky }),
  ];
  const load = startLoad({ system, call, witness });
  const toggling = keepToggling(call, toggled, seededRandom(seed + 1));
  const renewing = keepRenewing(call, { eventTypes: kinds, random: seededRandom(seed + 2) });
  const inFlight = () =>
    [witness, calm, flaky, paused, ...renewing.receivers].reduce((sum, { open }) => sum + open(), 0);

  const scene = { system, load, toggling, receivers: [calm, flaky], random };
  const done: Round[] = [];
  for (const [index, fault] of faults.entries()) {
    done.push(await runRound(scene, { number: index + 1, fault, witness, inFlight }));
  }

  await sleep(2000);
  await Promise.all([load.stop(), toggling.stop(), renewing.stop()]);
  const webhooks = [...steady, toggled, ...renewing.subscribers];
  const result = await judge({ call, load, webhooks, rounds: done, checks });
  if (values.json) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ seed, ...result, failures: checks.failures }, null, 2)}\n`,
    );
  }
  await load.close();
  await Promise.all([witness, calm, flaky, paused, ...renewing.receivers].map(({ close }) => close()));
  console.log(`settled ${seconds(result.settleMs)} after the last event`);
} catch (error) {
  checks.check(`nothing broke off: ${String(error)}`, false);
} finally {
  await system.stop();
}
console.log(`chaos: ${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
