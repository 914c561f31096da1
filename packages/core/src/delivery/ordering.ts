/** The order in which a webhook gets its events: none, one after the other, or one after the other for each ordering key. */
export type WebhookOrdering = 'none' | 'strict' | 'byKey';

/** What happens to a delivery in order whose retries are exhausted: the next one follows, or it is retried further. */
export type ExhaustedAction = 'skip' | 'block';

/** The chain of live deliveries. The chain of replayed ones is the id of their replay. */
export const LIVE_CHAIN = '00000000-0000-0000-0000-000000000000';
