export type { ApiKey } from '../generated/client.js';
export {
  type ApiKeyReach,
  createApiKey,
  findApiKey,
  findKeysOfTenant,
  listApiKeys,
  revokeApiKey,
} from './api-keys.js';
export {
  createPortalKey,
  createSessionKey,
  deleteDerivedKey,
  listPortalLinks,
  type PortalLinkRecord,
  revokePortalLink,
} from './derived-keys.js';
export { registerAdminKey } from './register-admin-key.js';
export { rotateApiKey } from './rotate-api-key.js';
