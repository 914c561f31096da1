import type { Bench } from './bench.js';
import { ownScript, startChild } from './child.js';
import type { LoadDone, LoadOrder } from './load.js';

export interface Generator {
  /** POSTs events and answers what became of each. */
  offer(load: Omit<LoadOrder, 'url' | 'key'>): Promise<LoadDone>;
  stop(): Promise<void>;
}

/** Starts the process that generates load on the API. */
export async function startGenerator({ stack }: Bench, url: string): Promise<Generator> {
  const child = startChild(ownScript('load.js'));
  await child.next('ready');
  return {
    offer(load) {
      const done = child.next<LoadDone>('done');
      child.send({ ...load, url, key: stack.adminKey } satisfies LoadOrder);
      return done;
    },
    stop: () => child.stop(),
  };
}
