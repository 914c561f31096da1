import { useEffect, useRef, useState } from 'react';
import { client } from '../../api/api.js';
import { toProblem } from '../../api/problem.js';
import type { Delivery } from '../../api/types.js';
import { useUpdateDeliveries } from './use-update-deliveries.js';

/** Number of parallel calls. */
const CONCURRENCY = 4;

export interface BulkRetry {
  state: 'idle' | 'running' | 'finished';
  total: number;
  retried: number;
  /** Number of failed retries by the API's error message. */
  failures: ReadonlyMap<string, number>;
  start: (ids: readonly string[]) => void;
  /** Skips the retries that have not started. */
  stop: () => void;
}

const NONE: Pick<BulkRetry, 'state' | 'total' | 'retried' | 'failures'> = {
  state: 'idle',
  total: 0,
  retried: 0,
  failures: new Map(),
};

/** Retries deliveries with one call each, a few in parallel. Stops when the component unmounts. */
export function useBulkRetry(): BulkRetry {
  const [progress, setProgress] = useState(NONE);
  const updateDeliveries = useUpdateDeliveries();
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function run(ids: readonly string[], signal: AbortSignal) {
    setProgress({ ...NONE, state: 'running', total: ids.length });
    const queue = [...ids];
    const updated: Delivery[] = [];
    async function work() {
      for (let id = queue.shift(); id !== undefined && !signal.aborted; id = queue.shift()) {
        try {
          const { data } = await client.POST('/v1/deliveries/{id}/retry', { params: { path: { id } } });
          if (data) updated.push(data);
          setProgress((before) => ({ ...before, retried: before.retried + 1 }));
        } catch (error) {
          const { detail, title } = toProblem(error);
          setProgress((before) => ({ ...before, failures: increment(before.failures, detail ?? title) }));
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    updateDeliveries(updated);
    setProgress((before) => ({ ...before, state: 'finished' }));
  }

  return {
    ...progress,
    start(ids) {
      running.current = new AbortController();
      void run(ids, running.current.signal);
    },
    stop: () => running.current?.abort(),
  };
}

function increment(counts: ReadonlyMap<string, number>, key: string): Map<string, number> {
  return new Map([...counts, [key, (counts.get(key) ?? 0) + 1]]);
}
