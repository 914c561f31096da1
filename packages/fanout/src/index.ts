export { type Acceptor, createAcceptor } from './accept/accept.js';
export { type AcceptHook, observeAcceptor } from './accept/observe-acceptor.js';
export type { AcceptLimits, OnRefuse, RefusalReason } from './accept/accept-limiter.js';
export type { AcceptedResult, PublishResult, RejectedResult } from './events/publish-result.js';
export type * from './events/incoming-event.js';
export { openPublishQuotas } from './quotas/open-publish-quotas.js';
export type { PublishQuotas } from './quotas/publish-quotas.js';
