// Loaded into a service before its own program: on request, collects garbage and reports the memory of the process.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** In bytes, named as in process.memoryUsage(). */
  rss: number;
  heapUsed: number;
  external: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

process.on('message', ({ type }: { type: string }) => {
  if (type !== 'report memory') return;
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ type: 'memory', rss, heapUsed, external });
});
