import type { components } from '../../generated/api.js';

export type Recovery = components['schemas']['Recovery'];
export type ListedRecovery = components['schemas']['ListedRecovery'];

/** The webhooks that a recovery covers. */
export type RecoveryScope = { webhookId: string } | { tenantId: string | undefined };
