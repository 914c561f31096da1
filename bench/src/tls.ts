import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { type Bench, forgetEverything, resetReceiver } from './bench.js';
import { offerLoad } from './offered-load.js';
import { medianOf, rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import type { ReceiverOrder } from './receiver.js';
import { countRecorded, untilSettled } from './records.js';
import type { Scenario } from './result.js';
import { startService } from './services.js';
import { describe, spans } from './span.js';
import { chooseLoad } from './steady-load.js';
import { createActiveWebhooks } from './webhook.js';

const ORIGINS = 200;
const MANY_ORIGINS = 10_000;
const EVENTS_TO_EACH = 3;
/** Idle connections are closed well before. */
const IDLE_MS = 12_000;

/**
 * Receivers by https. A steady load to 200 origins: handshakes per delivery. Then three events to each of 10,000 origins:
 * the file descriptors that are left in the worker.
 */
export const tls: Scenario = async (bench, options) => {
  const { load, summary, rounds } = await chooseLoad(bench, options);
  const authority = await createAuthority(bench);
  try {
    const origins = await listen(bench, authority, MANY_ORIGINS);
    const few = origins.slice(0, ORIGINS).map((url, index) => ({ url, pattern: `t.${index}` }));
    const measured = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      await forgetEverything(bench);
      await createActiveWebhooks(bench, few);
      const eventTypes = few.map(({ pattern }) => pattern);
      const offered = await offerLoad(authority.bench, { ...load, workers: 1, eventTypes });
      const { counted } = spans(offered);
      const inSpan = offered.handshakes.filter(
        ([atMs]) => atMs >= offered.countedFromMs && atMs <= offered.endedMs,
      );
      const handshakes = rounded(inSpan.length / counted.offered);
      console.log(`round ${round}: ${handshakes} handshakes per delivery, ${describe(counted)}`);
      measured.push({ handshakes, ...counted, used: offered.used });
    }
    const many = await toManyOrigins(authority.bench, origins);
    console.log(`${MANY_ORIGINS} origins: ${JSON.stringify(many)}`);
    return {
      figures: [
        {
          name: 'handshakes per delivery, steady, 200 origins',
          value: medianOf(measured, (round) => round.handshakes),
          better: 'lower',
          must: 0.02,
          aim: 0.01,
        },
        {
          name: 'file descriptors more after 10,000 origins',
          value: many.left - many.before,
          better: 'lower',
          must: 20,
          aim: 0,
        },
      ],
      summary: { ...summary, p99Ms: medianOf(measured, (round) => round.p99Ms), ...many },
      rounds: [...rounds, ...measured],
    };
  } finally {
    authority.remove();
  }
};

interface Authority {
  /** For receivers at 127.0.0.1. */
  cert: string;
  key: string;
  /** The bench, with services that trust it. */
  bench: Bench;
  remove(): void;
}

async function createAuthority(bench: Bench): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Posthorn bench' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-bench-'));
  const file = path.join(folder, 'ca.pem');
  writeFileSync(file, cert);
  return {
    cert,
    key,
    bench: { ...bench, env: { ...bench.env, NODE_EXTRA_CA_CERTS: file } },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** One origin for each port. */
async function listen({ receiver }: Bench, { cert, key }: Authority, ports: number): Promise<string[]> {
  const secured = receiver.next<{ ports: number[] }>('secured');
  receiver.send({ type: 'secure', ports, cert, key } satisfies ReceiverOrder);
  return (await secured).ports.map((port) => `https://127.0.0.1:${port}/`);
}

/** Open file descriptors of a worker. */
interface Descriptors {
  before: number;
  peak: number;
  left: number;
}

async function toManyOrigins(bench: Bench, origins: readonly string[]): Promise<Descriptors> {
  await forgetEverything(bench);
  const webhooks = origins.map((url, index) => ({ url, pattern: `t.${index}` }));
  await createActiveWebhooks(bench, webhooks);
  const count = origins.length * EVENTS_TO_EACH;
  await resetReceiver(bench, count);
  const all = bench.receiver.next<{ duplicates: number }>('all');

  const worker = await startService(bench, 'worker');
  const before = openDescriptors(worker.pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, openDescriptors(worker.pid))), 100);
  await queueDeliveries(
    bench,
    count,
    webhooks.map(({ pattern }) => pattern),
  );
  const { duplicates } = await all;
  await untilSettled(bench.database.pool);
  clearInterval(watch);
  await sleep(IDLE_MS);
  const left = openDescriptors(worker.pid);
  await worker.stop();

  const { succeeded } = await countRecorded(bench.database.pool);
  if (succeeded !== count || duplicates > 0)
    throw new Error(`${count} expected, ${succeeded} recorded, ${duplicates} sent twice`);
  return { before, peak, left };
}

/** Linux only. */
const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
