export {
  type AccessTokenState,
  endTokenFetch,
  endTokenPause,
  findAccessToken,
  listTokenFailures,
  rejectAccessToken,
  startTokenFetch,
  storeAccessToken,
  storeTokenFailure,
  takeTokenFailure,
  type TokenOwner,
  type TokenWait,
} from './access-tokens.js';
export { assertSigned } from './assert-signed.js';
export { countWebhooks } from './count-webhooks.js';
export { findDefaultFormats, findKeptFormat } from './delivery-formats.js';
export { findCertificates } from './find-certificates.js';
export { findFormats } from './find-formats.js';
export { numbersDeliveries } from './is-sequenced.js';
export { type FencedWebhook, listFences } from './list-fences.js';
export { listLongBacklogs, type LongBacklog } from './list-long-backlogs.js';
export { readFence } from './read-fence.js';
export { readWebhookLimits, type WebhookLimits } from './read-webhook-limits.js';
export { readRequestWebhook } from './request-webhook.js';
export { restoreWebhooks } from './restore-webhooks.js';
export { setSlow } from './set-slow.js';
export { suspendWebhook } from './suspend-webhook.js';
