import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, readArrivals, resetReceiver } from './bench.js';
import { startGenerator } from './generator.js';
import type { LoadResult, Post } from './load-generator.js';
import type { Arrivals, ReceiverCommand } from './receiver.js';
import { waitUntilSucceeded } from './records.js';
import { type Services, startAll, stopAll, type Used } from './services.js';

/** Enough that no POST waits for a connection unless the API is far behind. */
const CONNECTIONS = 256;

/** Events at a steady rate, independent of earlier responses. */
export interface SteadyLoad {
  perSecond: number;
  /** Not included in the figures. */
  warmupSeconds: number;
  /** The measured period after the warm-up. */
  seconds: number;
}

interface LoadToOffer extends SteadyLoad {
  workers: number;
  eventTypes: string[];
  /** Whether events of a type, by index, must arrive and be recorded. Default: all. */
  mustArrive?: (type: number) => boolean;
  /** Runs when the measured period starts. */
  meanwhile?: (apiUrl: string, services: Services) => Promise<void>;
}

/** The result, with times on the shared clock. */
export interface Observed {
  startedMs: number;
  measuredFromMs: number;
  endedMs: number;
  posts: Post[];
  /** The first arrival of each event. */
  arrivals: Map<string, number>;
  hung: number;
  handshakes: Arrivals['handshakes'];
}

export interface OfferedLoad extends Observed {
  used: Used;
}

/** Starts the services, offers a steady load and stops the services. Throws as `offerTo` does. */
export async function offerLoad(bench: Bench, load: LoadToOffer): Promise<OfferedLoad> {
  const { services, eventsUrl, apiUrl } = await startAll(bench, load.workers);
  const count = Math.round(load.perSecond * (load.warmupSeconds + load.seconds));
  let stopped: Promise<Used> | undefined;
  const stop = () => (stopped ??= stopAll(services, count));
  try {
    const observed = await offerTo(bench, eventsUrl, {
      ...load,
      meanwhile: () => load.meanwhile?.(apiUrl, services),
      onRecorded: async () => void (await stop()),
    });
    return { ...observed, used: await stop() };
  } finally {
    await stop();
  }
}

interface LoadToRunning extends SteadyLoad, Pick<LoadToOffer, 'eventTypes' | 'mustArrive'> {
  meanwhile?: () => Promise<void> | undefined;
  /** Runs when every POST has its response. */
  onResponded?: () => Promise<void>;
  /** Runs when everything is recorded, before the arrivals are compared. */
  onRecorded?: () => Promise<void>;
}

/**
 * Offers a steady load to running services and waits until everything is recorded.
 * @throws Error when a required event does not arrive, arrives twice or is not recorded: the figures would be meaningless
 */
export async function offerTo(bench: Bench, eventsUrl: string, load: LoadToRunning): Promise<Observed> {
  await resetReceiver(bench);
  const generator = await startGenerator(bench, eventsUrl);
  const { eventTypes, perSecond, warmupSeconds, seconds } = load;
  const count = Math.round(perSecond * (warmupSeconds + seconds));
  const offered = generator.offer({ connections: CONNECTIONS, eventTypes, count, perSecond });
  const aside = after(warmupSeconds * 1000, () => load.meanwhile?.());
  const [{ posts, startedMs }] = await Promise.all([offered, aside]);
  await load.onResponded?.();
  await generator.stop();
  return {
    startedMs,
    measuredFromMs: startedMs + warmupSeconds * 1000,
    endedMs: startedMs + (warmupSeconds + seconds) * 1000,
    posts,
    ...(await gather(bench, load, posts)),
  };
}

/** Releases hanging requests, waits until everything is recorded and compares. */
async function gather(
  bench: Bench,
  { mustArrive = () => true, onRecorded }: LoadToRunning,
  posts: LoadResult['posts'],
): Promise<Pick<Observed, 'arrivals' | 'hung' | 'handshakes'>> {
  bench.receiver.send({ type: 'release' } satisfies ReceiverCommand);
  const accepted = posts.flatMap(([type, , , , id]) => (id !== null && mustArrive(type) ? [id] : []));
  await waitUntilSucceeded(bench.database.pool, accepted);
  await onRecorded?.();
  const { arrivals, duplicates, hung, handshakes } = await readArrivals(bench);
  const arrived = new Map(arrivals);
  const missing = accepted.filter((id) => !arrived.has(id)).length;
  if (missing > 0 || duplicates > 0)
    throw new Error(`${accepted.length} accepted, ${missing} did not arrive, ${duplicates} arrived twice`);
  return { arrivals: arrived, hung, handshakes };
}

async function after(delayMs: number, work: () => Promise<void> | undefined): Promise<void> {
  await sleep(delayMs);
  await work();
}
