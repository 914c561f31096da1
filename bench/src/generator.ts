import type { Bench } from './bench.js';
import { ownScript, startChild } from './child.js';
import type { LoadResult, LoadRequest } from './load-generator.js';

export interface Generator {
  /** POSTs events and returns the result of each. */
  offer(load: Omit<LoadRequest, 'url' | 'key'>): Promise<LoadResult>;
  stop(): Promise<void>;
}

/** Starts the load generator, a separate process. */
export async function startGenerator({ stack }: Bench, url: string): Promise<Generator> {
  const child = startChild(ownScript('load-generator.js'));
  await child.next('ready');
  return {
    offer(load) {
      const done = child.next<LoadResult>('done');
      child.send({ ...load, url, key: stack.adminKey } satisfies LoadRequest);
      return done;
    },
    stop: () => child.stop(),
  };
}
