export {
  completeHistory,
  countRunningErasures,
  quarantineDatabase,
  type QuarantineReason,
  releaseDatabase,
} from './quarantine-database.js';
export { readQuarantinedAt, readRestoreFacts, type RestoreFacts } from './restore-facts.js';
