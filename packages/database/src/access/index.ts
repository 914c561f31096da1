export { type ActiveApiKey, findActiveApiKeys } from './find-active-api-keys.js';
export { findOwner, type OwnedKind } from './find-owner.js';
export { findPortalSettings } from './find-portal-settings.js';
export { recordApiKeyUses } from './record-api-key-uses.js';
