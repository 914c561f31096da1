import { useEffect, useRef, useState } from 'react';
import { client } from '../../api/api.js';
import { toProblem } from '../../api/problem.js';
import type { Delivery } from '../../api/types.js';
import { useUpdateDeliveries } from './use-update-deliveries.js';

/** Calls at the same time. */
const LANES = 4;

export interface BulkRetry {
  state: 'idle' | 'running' | 'ended';
  total: number;
  retried: number;
  /** Why some could not be retried, in the API's words, with how many. */
  refusals: ReadonlyMap<string, number>;
  start: (ids: readonly string[]) => void;
  /** Begins no more of them. */
  stop: () => void;
}

const NONE: Pick<BulkRetry, 'state' | 'total' | 'retried' | 'refusals'> = {
  state: 'idle',
  total: 0,
  retried: 0,
  refusals: new Map(),
};

/** Retries deliveries one by one, a few at the same time. It ends with the component. */
export function useBulkRetry(): BulkRetry {
  const [progress, setProgress] = useState(NONE);
  const updateDeliveries = useUpdateDeliveries();
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function run(ids: readonly string[], signal: AbortSignal) {
    setProgress({ ...NONE, state: 'running', total: ids.length });
    const waiting = [...ids];
    const taken: Delivery[] = [];
    async function work() {
      for (let id = waiting.shift(); id !== undefined && !signal.aborted; id = waiting.shift()) {
        try {
          const { data } = await client.POST('/v1/deliveries/{id}/retry', { params: { path: { id } } });
          if (data) taken.push(data);
          setProgress((before) => ({ ...before, retried: before.retried + 1 }));
        } catch (error) {
          const { detail, title } = toProblem(error);
          setProgress((before) => ({ ...before, refusals: counted(before.refusals, detail ?? title) }));
        }
      }
    }
    await Promise.all(Array.from({ length: LANES }, work));
    updateDeliveries(taken);
    setProgress((before) => ({ ...before, state: 'ended' }));
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

function counted(counts: ReadonlyMap<string, number>, key: string): Map<string, number> {
  return new Map([...counts, [key, (counts.get(key) ?? 0) + 1]]);
}
