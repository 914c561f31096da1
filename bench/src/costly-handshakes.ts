import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId, newId } from '@posthorn/core';
import { type Bench, resetData } from './bench.js';
import { ownScript, startChild } from './child.js';
import { HOSTILE_KINDS, type HostileKind, type HostileReceivers } from './hostile-kinds.js';
import { describe, type LatencySummary, summarizeLatency } from './latency-summary.js';
import { offerTo, type SteadyLoad } from './offered-load.js';
import { eventData } from './payload.js';
import { medianOf, quantile, rounded } from './quantiles.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { startTopology, stopAll, type Topology } from './services.js';
import { createActiveWebhooks } from './webhook.js';

/** The webhooks of one tenant with hostile receivers, and their events. Each gets every event. */
const HOSTILE = 6;
const HOSTILE_INTERVAL_MS = 125;

/** The load of three healthy webhooks of another tenant. */
const HEALTHY = ['t.0', 't.1', 't.2'];
const LOAD: SteadyLoad = { perSecond: 24, warmupSeconds: 5, seconds: 20 };

/** Allowed beside 1.5 times the p99 of the healthy webhooks without hostile ones, in milliseconds. */
const ALLOWANCE_MS = 20;

/** Healthy webhooks of one tenant, without and with hostile receivers of another one, which the API tests, too. */
export const costlyHandshakes: Scenario = async (bench, { rounds }) => {
  const child = startChild(ownScript('hostile-receiver.js'));
  try {
    const receivers = await child.next<HostileReceivers>('listening');
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const topology of ['all', 'separate'] as const) {
        const before = await runOnce(bench, topology, null);
        console.log(`round ${round}, ${topology}, without: ${describeRun(before)}`);
        for (const kind of HOSTILE_KINDS) {
          const during = await runOnce(bench, topology, { kind, receivers });
          console.log(`round ${round}, ${topology}, ${kind}: ${describeRun(during)}`);
          const ratio = rounded(Math.max(during.p99Ms - ALLOWANCE_MS, 0) / before.p99Ms);
          measured.push({ kind, topology, ratio, before, during });
        }
      }
    }
    return {
      figures: (['all', 'separate'] as const).flatMap((topology) =>
        HOSTILE_KINDS.map((kind) => {
          const ofKind = measured.filter((one) => one.kind === kind && one.topology === topology);
          const name = `${kind}, ${topology}: (p99 − ${ALLOWANCE_MS} ms) ÷ p99 without`;
          return lowerIsBetter(
            name,
            medianOf(ofKind, ({ ratio }) => ratio),
            { threshold: 1.5, target: 1 },
          );
        }),
      ),
      summary: { hostile: HOSTILE, p99WithoutMs: medianOf(measured, ({ before }) => before.p99Ms) },
      rounds: measured,
    };
  } finally {
    await child.stop();
  }
};

/** Latency of the healthy webhooks, and the p99 of /healthz. */
type Run = LatencySummary & { healthzP99Ms: number };

interface Measured {
  kind: HostileKind;
  topology: Topology;
  ratio: number;
  before: Run;
  during: Run;
}

const describeRun = (run: Run): string => `${describe(run)}; /healthz p99 ${run.healthzP99Ms} ms`;

interface Hostile {
  kind: HostileKind;
  receivers: HostileReceivers;
}

async function runOnce(bench: Bench, topology: Topology, hostile: Hostile | null): Promise<Run> {
  await resetData(bench);
  await createActiveWebhooks(
    bench,
    HEALTHY.map((pattern) => ({ url: bench.receiverUrl, pattern })),
  );
  const tenantId = newId();
  await bench.database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  const ids = hostile === null ? [] : await createActiveWebhooks(bench, webhooksOf(hostile), tenantId);
  const { services, eventsUrl, apiUrl } = await startTopology(bench, topology);
  const call = caller(bench, apiUrl);
  let healthz: number[] = [];
  try {
    for (const id of ids)
      await call('PATCH', `/v1/webhooks/${encodeId('webhook', id)}`, {
        caCertificates: hostile?.receivers.ca,
      });
    const observed = await offerTo(bench, eventsUrl, {
      ...LOAD,
      eventTypes: HEALTHY,
      async meanwhile() {
        const isOver = timer(LOAD.seconds * 1000);
        const publishing = hostile === null ? [] : [publish(call, encodeId('tenant', tenantId), isOver)];
        const tests = ids.map((id) => test(call, encodeId('webhook', id), isOver));
        [healthz] = await Promise.all([probe(apiUrl, isOver), ...publishing, ...tests]);
      },
    });
    const { counted } = summarizeLatency(observed);
    return { ...counted, healthzP99Ms: rounded(quantile(healthz, 0.99)) };
  } finally {
    await stopAll(services, 1);
  }
}

const webhooksOf = ({ kind, receivers }: Hostile) =>
  Array.from({ length: HOSTILE }, (_, index) => ({
    url: `https://127.0.0.1:${receivers.ports[kind]}/${index}`,
    pattern: 'hostile',
  }));

const timer = (ms: number): (() => boolean) => {
  const endsAt = performance.now() + ms;
  return () => performance.now() >= endsAt;
};

type Call = (method: string, path: string, body: object) => Promise<Response>;

const caller =
  ({ stack }: Bench, apiUrl: string): Call =>
  async (method, path, body) => {
    const headers = { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' };
    return fetch(apiUrl + path, { method, headers, body: JSON.stringify(body) });
  };

async function publish(call: Call, tenantId: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const response = await call('POST', '/v1/events', { type: 'hostile', data: eventData(), tenantId });
    if (response.status !== 202)
      throw new Error(`Rejected with ${response.status}: ${await response.text()}`);
    await sleep(HOSTILE_INTERVAL_MS);
  }
}

/** Tests a webhook again and again. */
async function test(call: Call, webhookId: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { status } = await call('POST', `/v1/webhooks/${webhookId}/test`, { eventType: 'hostile' });
    if (status >= 500 && status !== 503) throw new Error(`The test of a webhook has status ${status}`);
    await sleep(HOSTILE_INTERVAL_MS);
  }
}

/** Returns the times that /healthz takes, in milliseconds. */
async function probe(apiUrl: string, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const startedAt = performance.now();
    await (await fetch(`${apiUrl}/healthz`)).text();
    times.push(performance.now() - startedAt);
    await sleep(20);
  }
  return times;
}
