/** The states of the health of a webhook, from the least to the most severe. docs/retries.md describes them. */
export const WEBHOOK_HEALTH = ['healthy', 'throttled', 'failing'] as const;

export type WebhookHealth = (typeof WEBHOOK_HEALTH)[number];
