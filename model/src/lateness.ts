import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Tells how late requests have been seen in this process lately: what is seen now may have begun so much earlier. */
export interface Lateness {
  /** The most of the last seconds, in milliseconds. */
  recentMs(): number;
  stop(): Promise<void>;
}

const PAUSE_MS = 100;
const KEPT = 20;

/** Sends requests to `url`, over new connections, and measures how long each takes until its answer is here. */
export function watchLateness(url: string): Lateness {
  const took: number[] = [];
  let sentAtMs = performance.now();
  const stopping = new AbortController();

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      sentAtMs = performance.now();
      await probe(url);
      took.push(performance.now() - sentAtMs);
      if (took.length > KEPT) took.shift();
      await sleep(PAUSE_MS);
    }
  }
  const watching = watch();
  return {
    recentMs: () => Math.round(Math.max(performance.now() - sentAtMs - PAUSE_MS, ...took)),
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function probe(url: string): Promise<void> {
  const request = http.request(url, { method: 'POST', agent: false });
  request.end('{}');
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
}
