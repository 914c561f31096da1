import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { type Bench, resetData, resetReceiver } from './bench.js';
import { offerLoad } from './offered-load.js';
import { medianOf, rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import type { ReceiverCommand } from './receiver.js';
import { countRecorded, waitUntilSettled } from './records.js';
import type { Scenario } from './result.js';
import { startService } from './services.js';
import { describe, summarizeLatency } from './latency-summary.js';
import { chooseLoad } from './steady-load.js';
import { createActiveWebhooks } from './webhook.js';

const ORIGINS = 200;
const MANY_ORIGINS = 10_000;
const EVENTS_TO_EACH = 3;
/** Longer than idle connections stay open. */
const IDLE_MS = 12_000;

/**
 * HTTPS receivers. First a steady load to 200 origins: TLS handshakes per delivery. Then three events to each of 10,000 origins:
 * file descriptors that the worker does not release.
 */
export const tls: Scenario = async (bench, options) => {
  const { load, summary, rounds } = await chooseLoad(bench, options);
  const authority = await createAuthority(bench);
  try {
    const origins = await listen(bench, authority, MANY_ORIGINS);
    const few = origins.slice(0, ORIGINS).map((url, index) => ({ url, pattern: `t.${index}` }));
    const measured = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      await resetData(bench);
      await createActiveWebhooks(bench, few);
      const eventTypes = few.map(({ pattern }) => pattern);
      const offered = await offerLoad(authority.bench, { ...load, workers: 1, eventTypes });
      const { counted } = summarizeLatency(offered);
      const inPeriod = offered.handshakes.filter(
        ([atMs]) => atMs >= offered.measuredFromMs && atMs <= offered.endedMs,
      );
      const handshakes = rounded(inPeriod.length / counted.offered);
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
          threshold: 0.02,
          target: 0.01,
        },
        {
          name: 'additional file descriptors after 10,000 origins',
          value: many.left - many.before,
          better: 'lower',
          threshold: 20,
          target: 0,
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
  /** The certificate of receivers at 127.0.0.1. */
  cert: string;
  key: string;
  /** The bench with services that trust the certificate. */
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

/** Returns one origin per port. */
async function listen({ receiver }: Bench, { cert, key }: Authority, ports: number): Promise<string[]> {
  const secured = receiver.next<{ ports: number[] }>('listening-tls');
  receiver.send({ type: 'listen-tls', ports, cert, key } satisfies ReceiverCommand);
  return (await secured).ports.map((port) => `https://127.0.0.1:${port}/`);
}

/** Open file descriptors of a worker. */
interface Descriptors {
  before: number;
  peak: number;
  left: number;
}

async function toManyOrigins(bench: Bench, origins: readonly string[]): Promise<Descriptors> {
  await resetData(bench);
  const webhooks = origins.map((url, index) => ({ url, pattern: `t.${index}` }));
  await createActiveWebhooks(bench, webhooks);
  const count = origins.length * EVENTS_TO_EACH;
  await resetReceiver(bench, count);
  const all = bench.receiver.next<{ duplicates: number }>('all');

  const worker = await startService(bench, 'worker');
  const before = openDescriptors(worker.pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, openDescriptors(worker.pid))), 100);
  await queueDeliveries(bench, count, { types: webhooks.map(({ pattern }) => pattern) });
  const { duplicates } = await all;
  await waitUntilSettled(bench.database.pool);
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
