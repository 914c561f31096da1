import { once } from 'node:events';
import type { Response } from 'express';

interface StreamedLines {
  /** Returns whether the caller's key is still valid. */
  isStillAuthenticated: () => Promise<boolean>;
  /** Interrupts the response. */
  stopping: AbortSignal;
  /** Throws if erased data may be back in the database. Default: the lines have none. */
  assertReleased?: () => void;
  /** A client that reads nothing for this time is disconnected, in milliseconds. */
  stalledMs?: number;
  /** Interval of the checks of the key, in milliseconds. */
  checkMs?: number;
}

const STALLED_MS = 60_000;
const CHECK_MS = 5000;

/**
 * Writes lines as fast as the client reads them. Disconnects the client before the end if its key is no longer valid, it stops reading,
 * the process stops or a line cannot be read. @throws the reason, except for a client that has disconnected
 */
export async function streamLines(
  response: Response,
  lines: AsyncIterable<string>,
  {
    isStillAuthenticated,
    stopping,
    assertReleased,
    stalledMs = STALLED_MS,
    checkMs = CHECK_MS,
  }: StreamedLines,
): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  let checkedAtMs = performance.now();
  try {
    for await (const line of lines) {
      if (response.destroyed) return;
      stopping.throwIfAborted();
      assertReleased?.();
      if (performance.now() - checkedAtMs >= checkMs) {
        if (!(await isStillAuthenticated())) throw new Error('The key is no longer valid');
        checkedAtMs = performance.now();
      }
      if (response.write(line)) continue;
      const signal = AbortSignal.any([closed.signal, stopping, AbortSignal.timeout(stalledMs)]);
      await once(response, 'drain', { signal });
    }
    response.end();
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  } finally {
    if (!response.writableEnded) response.destroy();
  }
}
