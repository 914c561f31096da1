/** The hash of a webhook's flow state and slots, for its current URL and epoch. */
export const flowKey = (
  prefix: string,
  webhook: { id: string; epoch: number; validatedAt: Date | null },
): string => `${prefix}:flow:${webhook.id}:${webhook.epoch}:${webhook.validatedAt?.getTime() ?? 0}`;

/** The hash of fences, by webhook and tenant. */
export const fencesKey = (prefix: string): string => `${prefix}:fences`;

/** The sorted set of webhooks with held deliveries. */
export const heldWebhooksKey = (prefix: string): string => `${prefix}:held`;

/** The sorted set of processes that run a task together. */
export const membersKey = (prefix: string, task: string): string => `${prefix}:members:${task}`;

/** The unconfirmed validation requests of a webhook, tenant, host or address; or their counts, by URL of a webhook. */
export const unconfirmedKey = (prefix: string, scope: string, id: string): string =>
  `${prefix}:unconfirmed:${scope}:${id}`;
