/** The order in which a webhook gets its events: none, one after the other, or one after the other for each ordering key. */
export type WebhookOrdering = 'none' | 'strict' | 'byKey';

/** What happens to a delivery in order whose retries are exhausted: the next one follows, or it is retried further. */
export type ExhaustedAction = 'skip' | 'block';

/** What decides about a delivery that others of its webhook wait for. */
export interface Blocking {
  onExhausted: ExhaustedAction;
  /** When it stops blocking them. */
  endsAt: Date;
}

const MINUTE_MS = 60_000;

/** Returns what decides about a live delivery in order; null for others. `startedAt` is the start of its latest attempt. */
export function blockingOf(
  { chain, firstAttemptAt }: { chain: string | null; firstAttemptAt: Date | null },
  { onExhausted, maxBlockedMinutes }: { onExhausted: ExhaustedAction; maxBlockedMinutes: number },
  startedAt: Date,
): Blocking | null {
  if (chain !== LIVE_CHAIN) return null;
  const since = firstAttemptAt ?? startedAt;
  return { onExhausted, endsAt: new Date(since.getTime() + maxBlockedMinutes * MINUTE_MS) };
}

/** Returns whether a delivery may have waited for others of its chain since it was due. */
export const hasWaitedInChain = (delivery: { chain: string | null; attemptCount: number }): boolean =>
  delivery.chain !== null && (delivery.attemptCount === 0 || delivery.chain !== LIVE_CHAIN);

/** The chain of live deliveries. The chain of replayed ones is the id of their replay. */
export const LIVE_CHAIN = '00000000-0000-0000-0000-000000000000';
