import type { QueryClient } from '@tanstack/react-query';
import { client } from './api.js';
import { toProblem } from '../problems/problem.js';

const FIRST_DELAY_MS = 3000;
const MAX_DELAY_MS = 30_000;

/**
 * Repeats queries that failed because the server was unavailable, once it responds again, so that pages recover by themselves.
 * @returns a function to call after each failed query
 */
export function createOutageWatch(queryClient: QueryClient): () => void {
  let isWatching = false;

  async function watch(): Promise<void> {
    for (let delayMs = FIRST_DELAY_MS; hasFailed(); delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
      await untilAvailable(delayMs);
      await queryClient.refetchQueries({ predicate: failedTemporarily, type: 'active' });
    }
  }

  const hasFailed = () =>
    queryClient.getQueryCache().findAll({ predicate: failedTemporarily, type: 'active' }).length > 0;

  return () => {
    if (isWatching || !hasFailed()) return;
    isWatching = true;
    void watch().finally(() => {
      isWatching = false;
    });
  };
}

const failedTemporarily = ({ state }: { state: { error: unknown } }): boolean =>
  state.error !== null && toProblem(state.error).isTransient;

/** Waits, and then until the API responds. */
export async function untilAvailable(delayMs = FIRST_DELAY_MS): Promise<void> {
  await pause(delayMs);
  while (!(await isAvailable())) await pause(FIRST_DELAY_MS);
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Returns whether the API responds, also if it rejects the session: the queries then end in the same way. */
async function isAvailable(): Promise<boolean> {
  try {
    await client.GET('/v1/session');
    return true;
  } catch (error) {
    return !toProblem(error).isTransient;
  }
}
