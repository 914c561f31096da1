import type { Socket } from 'node:net';
import type { ReadFreshness } from '@posthorn/core';

/** The read behind a request is stale, so that the request does not start. */
export class StaleReadError extends Error {
  override readonly name = 'StaleReadError';
}

/** How often a step that waits for a peer checks the read, and reads again, in milliseconds. Both are far below the age at which a read goes stale. */
const CHECK_MS = 100;
const REFRESH_MS = 300;

/** Reads again if the read behind a request is stale. @throws StaleReadError if the request must not start */
export async function assertFresh({ isFresh, refresh }: ReadFreshness): Promise<void> {
  if (isFresh()) return;
  await refresh();
  if (!isFresh()) throw new StaleReadError();
}

/**
 * Runs a step on a socket that sends credentials when the peer asks for them. Meanwhile it reads again, and destroys the socket once the read
 * behind the request is stale.
 * @throws StaleReadError
 */
export async function whileFresh<Result>(
  freshness: ReadFreshness,
  socket: Socket,
  step: () => Promise<Result>,
): Promise<Result> {
  let isStale = false;
  const check = () => {
    if (isStale || freshness.isFresh()) return;
    isStale = true;
    socket.destroy(new StaleReadError());
  };
  const timers = [setInterval(check, CHECK_MS), keepFresh(freshness)];
  // Before those who respond to what the peer sends: the process may have stood still.
  const isPlain = !('encrypted' in socket);
  if (isPlain) socket.prependListener('data', check);
  try {
    return await step();
  } catch (error) {
    throw isStale ? new StaleReadError() : error;
  } finally {
    for (const timer of timers) clearInterval(timer);
    socket.off('data', check);
  }
}

/** Reads again at intervals, one read at a time. A read that fails leaves the last one to go stale. */
function keepFresh({ refresh }: ReadFreshness): NodeJS.Timeout {
  let isReading = false;
  return setInterval(() => {
    if (isReading) return;
    isReading = true;
    void refresh()
      .catch(() => {})
      .finally(() => {
        isReading = false;
      });
  }, REFRESH_MS);
}
