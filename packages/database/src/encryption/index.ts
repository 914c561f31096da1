export { countDataKeys } from './data-keys.js';
export {
  KEY_REPORT_INTERVAL_MS,
  KEY_SETTINGS,
  type KeyPurpose,
  listRegisteredKeys,
  opensKey,
  type RegisteredKey,
  registerKey,
} from './encryption-keys.js';
export { type EncryptionKeys, openHashingSealer, openSealer } from './open-sealer.js';
export { NO_PAYLOAD_KEYS, openPayloadKeys, PayloadKeys } from './payload-keys.js';
export { countRemaining, rotateKeys } from './rotate-keys.js';
export { countSealed, type SealedCount, type SealedKind } from './sealed-values.js';
