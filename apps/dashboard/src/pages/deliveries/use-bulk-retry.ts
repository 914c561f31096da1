import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { client } from '../../api/api.js';
import { rejectionText } from '../../problems/problem-texts.js';
import { toProblem } from '../../problems/problem.js';

/** Number of deliveries in a call: few enough that the progress is visible. */
const PER_CALL = 20;

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

/** Retries deliveries, some with each call. Stops when the component unmounts. */
export function useBulkRetry(): BulkRetry {
  const [progress, setProgress] = useState(NONE);
  const queryClient = useQueryClient();
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function run(ids: readonly string[], signal: AbortSignal) {
    setProgress({ ...NONE, state: 'running', total: ids.length });
    for (let start = 0; start < ids.length && !signal.aborted; start += PER_CALL) {
      const reasons = await retry(ids.slice(start, start + PER_CALL));
      setProgress(({ retried, failures, ...before }) => ({
        ...before,
        retried: retried + reasons.filter((reason) => reason === null).length,
        failures: reasons.reduce(count, failures),
      }));
    }
    void queryClient.invalidateQueries();
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

/** Retries deliveries with one call. Returns for each why it cannot be retried, or null. */
async function retry(ids: string[]): Promise<(string | null)[]> {
  try {
    const { data } = await client.POST('/v1/deliveries/retry', { body: { ids } });
    return (data?.results ?? []).map(({ code, message, reason }) =>
      code === null || message === null ? null : rejectionText({ code, message, reason }),
    );
  } catch (error) {
    const { detail, title } = toProblem(error);
    return ids.map(() => detail ?? title);
  }
}

function count(failures: ReadonlyMap<string, number>, reason: string | null): ReadonlyMap<string, number> {
  return reason === null ? failures : new Map([...failures, [reason, (failures.get(reason) ?? 0) + 1]]);
}
