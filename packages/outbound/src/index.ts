export { isAllowedAddress } from './address-guard.js';
export { checkUrl, type UrlCheck, type UrlRejection } from './check-url.js';
export { parseOutboundRules, type OutboundRules } from './outbound-rules.js';
export { requestHeaders } from './request-headers.js';
export type { ResolveName } from './name-resolver.js';
export { createSender, type OutboundRequest, type Sender, type SenderOptions } from './sender.js';
