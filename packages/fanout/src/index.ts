export * from './accept.js';
export type { AcceptLimits, OnRefuse, RefusalReason } from './accept-limiter.js';
export type { AcceptedResult, AcceptResult, RejectedResult } from './accept-result.js';
export type * from './incoming-event.js';
export { openPublishQuotas } from './quotas/open-publish-quotas.js';
export type { PublishQuotas } from './quotas/publish-quotas.js';
