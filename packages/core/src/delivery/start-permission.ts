import { MAX_READ_AGE_MS } from './gate.js';

/** Whether a request may start at this moment, and how to know it anew. */
export interface StartPermission {
  mayStart: () => boolean;
  /** For a connection that took longer to make than what was read may age. */
  renew: () => Promise<void>;
}

/**
 * The permission to send to a webhook is as old as what was read of it: no request starts on knowledge older than suspend
 * and delete wait for.
 */
export function startPermission(known: {
  /** When the webhook was read, by `monotonicMs`, before the reading began. */
  readAtMs: number;
  /** Milliseconds that never go back. */
  monotonicMs: () => number;
  /** Reads again whether the same request is still to be sent. */
  stillWanted: () => Promise<boolean>;
}): StartPermission {
  let freshAtMs = known.readAtMs;
  return {
    mayStart: () => known.monotonicMs() - freshAtMs < MAX_READ_AGE_MS,
    async renew() {
      const askedAtMs = known.monotonicMs();
      if (await known.stillWanted()) freshAtMs = askedAtMs;
    },
  };
}
