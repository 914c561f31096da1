import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, resetReceiver } from './bench.js';
import { startGenerator } from './generator.js';
import type { LoadDone, Post } from './load.js';
import type { Arrivals, ReceiverOrder } from './receiver.js';
import { untilSucceeded } from './records.js';
import { type Services, startAll, stopAll, type Used } from './services.js';

/** Enough that no POST waits for one unless the API is far behind. */
const CONNECTIONS = 256;

/** Events at an even pace, whatever becomes of those before. */
export interface SteadyLoad {
  perSecond: number;
  /** Not counted in the figures. */
  warmupSeconds: number;
  /** The span after it that is counted. */
  seconds: number;
}

export interface LoadToOffer extends SteadyLoad {
  workers: number;
  eventTypes: string[];
  /** Which event types, by index, must all arrive and be on record. Default: all. */
  mustArrive?: (type: number) => boolean;
  /** Done when the counted span begins. */
  meanwhile?: (apiUrl: string, services: Services) => Promise<void>;
}

/** What came of it, on the shared clock. */
export interface OfferedLoad {
  startedMs: number;
  countedFromMs: number;
  endedMs: number;
  posts: Post[];
  /** When each event came to the receiver first. */
  arrivals: Map<string, number>;
  hung: number;
  handshakes: Arrivals['handshakes'];
  used: Used;
}

/**
 * Offers a steady load to services that start and stop with the round.
 * @throws Error when one that was accepted and must arrive does not, comes twice or is not on record: then there is no figure
 */
export async function offerLoad(bench: Bench, load: LoadToOffer): Promise<OfferedLoad> {
  await resetReceiver(bench);
  const { services, eventsUrl, apiUrl } = await startAll(bench, load.workers);
  const generator = await startGenerator(bench, eventsUrl);
  const { eventTypes, perSecond, warmupSeconds, seconds } = load;
  const count = Math.round(perSecond * (warmupSeconds + seconds));
  const offered = generator.offer({ connections: CONNECTIONS, eventTypes, count, perSecond });
  const aside = after(warmupSeconds * 1000, () => load.meanwhile?.(apiUrl, services));
  const [{ posts, startedMs }] = await Promise.all([offered, aside]);
  await generator.stop();
  const { arrivals, ...gathered } = await gather(bench, { load, services, posts });
  return {
    startedMs,
    countedFromMs: startedMs + warmupSeconds * 1000,
    endedMs: startedMs + (warmupSeconds + seconds) * 1000,
    posts,
    arrivals,
    ...gathered,
  };
}

interface Ending {
  load: LoadToOffer;
  services: Services;
  posts: LoadDone['posts'];
}

/** Lets what hangs end, waits until everything is on record, stops the services and compares. */
async function gather(
  { receiver, database }: Bench,
  { load, services, posts }: Ending,
): Promise<Pick<OfferedLoad, 'arrivals' | 'hung' | 'handshakes' | 'used'>> {
  receiver.send({ type: 'let go' } satisfies ReceiverOrder);
  const accepted = posts.flatMap(([type, , , , id]) =>
    id !== null && (load.mustArrive?.(type) ?? true) ? [id] : [],
  );
  await untilSucceeded(database.pool, accepted);
  const used = await stopAll(services, posts.length);
  const told = receiver.next<Arrivals>('arrivals');
  receiver.send({ type: 'tell' } satisfies ReceiverOrder);
  const { arrivals, duplicates, hung, handshakes } = await told;
  const arrived = new Map(arrivals);
  const missing = accepted.filter((id) => !arrived.has(id)).length;
  if (missing > 0 || duplicates > 0)
    throw new Error(`${accepted.length} accepted, ${missing} did not arrive, ${duplicates} came twice`);
  return { arrivals: arrived, hung, handshakes, used };
}

async function after(delayMs: number, work: () => Promise<void> | undefined): Promise<void> {
  await sleep(delayMs);
  await work();
}
