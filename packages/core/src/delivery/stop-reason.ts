import type { TenantStatus } from '../tenant/lifecycle.js';
import { isShadowed, type WebhookLifecycle } from '../webhook/lifecycle.js';
import type { DropReason } from './drop-reason.js';

/** The state of a webhook and its tenant that decides whether requests may start. */
export interface SendingState extends Pick<WebhookLifecycle, 'status' | 'epoch' | 'sentFromEpoch'> {
  /** Its first epoch after its tenant was last reactivated; 0 before. */
  resumedEpoch: number;
  tenantStatus: TenantStatus;
}

/**
 * Returns why a delivery with an epoch is not sent; null if nothing stops it. One that was pending when the tenant was suspended keeps
 * that reason after a reactivation.
 */
export function stopReason(webhook: SendingState, epoch: number): DropReason | null {
  if (isShadowed(webhook, epoch)) return 'shadow';
  if (webhook.status === 'deleted') return 'deleted';
  if (epoch === webhook.resumedEpoch - 1) return 'tenant_suspended';
  if (webhook.status !== 'active' || epoch !== webhook.epoch) return 'suspended';
  if (webhook.tenantStatus === 'active') return null;
  return webhook.tenantStatus === 'deleted' ? 'deleted' : 'tenant_suspended';
}
