/**
 * The lowest epoch of a webhook that requests may start with. Redis stores it, so that it survives a failover of PostgreSQL to a
 * replica that lacks a suspend or delete.
 */
export interface Fence {
  epoch: number;
  /** No request may start, whatever the epoch. */
  isDeleted: boolean;
}

export interface WebhookFence extends Fence {
  webhookId: string;
}
