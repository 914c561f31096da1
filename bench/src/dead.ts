import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId, newId } from '@posthorn/core';
import { type Bench, resetData } from './bench.js';
import { describe, type LatencySummary, summarizeLatency } from './latency-summary.js';
import { offerLoad, type SteadyLoad } from './offered-load.js';
import { eventData } from './payload.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { createActiveWebhooks, createOneWebhook } from './webhook.js';

/** The dead webhooks of one tenant. */
const DEAD = 1000;

/** Their event types: each event matches a tenth of them. */
const TYPES = Array.from({ length: 10 }, (_, index) => `dead.${index}`);

/** Time between two of their events: each webhook gets one every 10 s. */
const EVENT_INTERVAL_MS = 1000;

/** The load of the other tenant, whose webhook is healthy. The dead webhooks get events in the measured period. */
const LOAD: SteadyLoad = { perSecond: 10, warmupSeconds: 5, seconds: 30 };

/** How the receivers of the dead webhooks behave: no response until the timeout, or no listening socket. */
const KINDS = ['hang', 'refuse'] as const;
type Kind = (typeof KINDS)[number];

/** A light load of one tenant, without and with events for 1,000 dead webhooks of another tenant. */
export const dead: Scenario = async (bench, { rounds }) => {
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const undisturbed = await runOnce(bench, null);
    console.log(`round ${round}, undisturbed: ${describe(undisturbed)}`);
    for (const kind of KINDS) {
      const disturbed = await runOnce(bench, kind);
      console.log(`round ${round}, ${DEAD} webhooks ${kind}: ${describe(disturbed)}`);
      measured.push({ kind, p50: rounded(disturbed.p50Ms / undisturbed.p50Ms), undisturbed, disturbed });
    }
  }
  return {
    figures: KINDS.map((kind) => ({
      name: `${kind}: p50 ÷ undisturbed`,
      value: medianOf(
        measured.filter((one) => one.kind === kind),
        ({ p50 }) => p50,
      ),
      better: 'lower',
      threshold: 2,
      target: 1.3,
    })),
    summary: { dead: DEAD, p50UndisturbedMs: medianOf(measured, ({ undisturbed }) => undisturbed.p50Ms) },
    rounds: measured,
  };
};

interface Measured {
  kind: Kind;
  p50: number;
  undisturbed: LatencySummary;
  disturbed: LatencySummary;
}

async function runOnce(bench: Bench, kind: Kind | null): Promise<LatencySummary> {
  await resetData(bench);
  await createOneWebhook(bench);
  const tenantId = newId();
  await bench.database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  if (kind !== null) await createActiveWebhooks(bench, deadWebhooks(bench, kind), tenantId);
  const offered = await offerLoad(bench, {
    ...LOAD,
    workers: 1,
    eventTypes: ['order.paid'],
    ...(kind !== null && { meanwhile: (apiUrl) => publish(bench, apiUrl, encodeId('tenant', tenantId)) }),
  });
  return summarizeLatency(offered).counted;
}

/** Each has its own origin, as in reality. */
function deadWebhooks({ receiverUrl }: Bench, kind: Kind) {
  return Array.from({ length: DEAD }, (_, index) => {
    const address = `127.1.${index >> 8}.${index & 255}`;
    const url = kind === 'hang' ? `${receiverUrl}hang/${index}` : `http://${address}:9/`;
    return { url, pattern: TYPES[index % TYPES.length] ?? '' };
  });
}

async function publish({ stack }: Bench, apiUrl: string, tenantId: string): Promise<void> {
  const count = (LOAD.seconds * 1000) / EVENT_INTERVAL_MS;
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(`${apiUrl}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: TYPES[index % TYPES.length], data: eventData(), tenantId }),
    });
    if (response.status !== 202)
      throw new Error(`Rejected with ${response.status}: ${await response.text()}`);
    await sleep(EVENT_INTERVAL_MS);
  }
}
