export type { Replay } from '../generated/client.js';
export {
  cancelRecovery,
  findRecovery,
  listRecoveries,
  readRecoveryProgress,
  type RecoveryProgress,
  type RecoveryRecord,
} from './recoveries.js';
export { cancelReplay, findReplay, listReplays, readReplayProgress, type ReplayProgress } from './replays.js';
