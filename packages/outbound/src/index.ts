export { hasNeverAllowed, isAllowedAddress, isProxyAddress, isSubnet } from './address-guard.js';
export { checkUrl, type UrlCheck, type UrlRejection } from './check-url.js';
export type { ConnectionProfile } from './connection-profile.js';
export { checkProxy } from './check-proxy.js';
export { parseOutboundRules, type OutboundRules } from './outbound-rules.js';
export { rulesWithNetworks } from './rules-with-networks.js';
export { requestHeaders } from './request-headers.js';
export type { ResolveName } from './name-resolver.js';
export {
  createSender,
  type OutboundMessage,
  type OutboundRequest,
  type Sender,
  type SenderOptions,
} from './sender.js';
