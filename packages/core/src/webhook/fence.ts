/**
 * The lowest epoch of a webhook, or of a tenant, that requests may start with. Redis stores it, so that it survives a failover of
 * PostgreSQL to a replica that lacks a suspend or delete.
 */
export interface Fence {
  epoch: number;
  /** It was deleted. No request may start, whatever the epoch of the webhook; a tenant of a later epoch has been restored. */
  isDeleted: boolean;
}

/** A fence as it is stored, by the id of its webhook or tenant. */
export interface StoredFence extends Fence {
  id: string;
}

export interface WebhookFence extends Fence {
  webhookId: string;
}
