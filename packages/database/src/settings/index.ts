export {
  ensureHashKey,
  ensureInstallationId,
  ensureNotificationKey,
  readInstallationId,
} from './settings.js';
