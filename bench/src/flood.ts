import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId, newId } from '@posthorn/core';
import { type Bench, resetData } from './bench.js';
import { offerLoad, type SteadyLoad } from './offered-load.js';
import { eventData } from './payload.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { describe, summarizeLatency } from './latency-summary.js';
import { createActiveWebhooks, createOneWebhook } from './webhook.js';

/** Events that a tenant publishes at once, in batches of the maximum size. */
const FLOOD = 8000;
const BATCH = 1000;

/** The load of the other tenant; it covers the delivery of the flood. */
const LOAD: SteadyLoad = { perSecond: 20, warmupSeconds: 5, seconds: 4 };

/** A light load of one tenant, without and with a flood of another tenant that starts with the measured period. */
export const flood: Scenario = async (bench, { rounds }) => {
  const measured = [];
  for (let round = 1; round <= rounds; round += 1) {
    // The order alternates.
    const early = round % 2 === 0 ? await runOnce(bench, true) : undefined;
    const without = await runOnce(bench, false);
    const during = early ?? (await runOnce(bench, true));
    console.log(`round ${round}, without a flood: ${describe(without)}`);
    console.log(`round ${round}, with a flood: ${describe(during)}`);
    measured.push({ p50: rounded(during.p50Ms / without.p50Ms), without, during });
  }
  const value = medianOf(measured, (round) => round.p50);
  return {
    figures: [{ name: 'p50 ÷ the run without a flood', value, better: 'lower', threshold: 2, target: 1.3 }],
    summary: {
      flood: FLOOD,
      p50WithoutMs: medianOf(measured, (round) => round.without.p50Ms),
      p50Ms: medianOf(measured, (round) => round.during.p50Ms),
    },
    rounds: measured,
  };
};

async function runOnce(bench: Bench, floods: boolean) {
  await resetData(bench);
  await createOneWebhook(bench);
  const tenantId = newId();
  await bench.database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await createActiveWebhooks(bench, [{ url: `${bench.receiverUrl}flood`, pattern: '*' }], tenantId);
  const offered = await offerLoad(bench, {
    ...LOAD,
    workers: 1,
    eventTypes: ['order.paid'],
    ...(floods && { meanwhile: (apiUrl) => publishFlood(bench, apiUrl, encodeId('tenant', tenantId)) }),
  });
  return summarizeLatency(offered).counted;
}

async function publishFlood({ stack }: Bench, apiUrl: string, tenantId: string): Promise<void> {
  const events = Array.from({ length: BATCH }, () => ({ type: 'order.paid', data: eventData(), tenantId }));
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  };
  /** Repeats a batch that is refused under load, as a publisher does. */
  async function publish(): Promise<Response> {
    for (;;) {
      const response = await fetch(`${apiUrl}/v1/events/batch`, request);
      if (response.status !== 503 || !response.headers.has('retry-after')) return response;
      await sleep(Number(response.headers.get('retry-after')) * 1000);
    }
  }
  for (const response of await Promise.all(Array.from({ length: FLOOD / BATCH }, publish))) {
    if (response.status !== 202)
      throw new Error(`Flood rejected with ${response.status}: ${await response.text()}`);
  }
}
