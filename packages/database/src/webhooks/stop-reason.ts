import { isShadowed } from './is-shadowed.js';

/**
 * Returns why a pending delivery with an epoch is not sent, if it is not: webhook `w` has a later epoch or its tenant `t` is not active.
 * A delivery that was pending when the tenant was suspended keeps that reason after a reactivation.
 */
export const stopReason = (epoch: string): string => `CASE
    WHEN ${isShadowed(epoch)} THEN 'shadow'
    WHEN w.status = 'deleted' THEN 'deleted'
    WHEN ${epoch} = w.resumed_epoch - 1 THEN 'tenant_suspended'
    WHEN ${epoch} < w.epoch OR t.status = 'active' THEN 'suspended'
    WHEN t.status = 'deleted' THEN 'deleted'
    ELSE 'tenant_suspended' END`;
