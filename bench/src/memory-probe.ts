// Loaded into a service before its own program: collects garbage and tells the memory of the process, whenever it is asked.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** Bytes, as process.memoryUsage() names them. */
  rss: number;
  heapUsed: number;
  external: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

process.on('message', ({ type }: { type: string }) => {
  if (type !== 'tell memory') return;
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ type: 'memory', rss, heapUsed, external });
});
