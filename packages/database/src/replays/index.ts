export { countReplayPending } from './count-replay-pending.js';
export { createRecovery, measureRecovery, type RecoveryScope } from './create-recovery.js';
export { createReplay, measureReplay, type ReplayRecord, type ReplayScope } from './create-replay.js';
export { dropCancelled, finishCancelled } from './drop-cancelled.js';
export { finishReplay } from './finish-replay.js';
export { listRunningReplays, REPLAYS_ARE_DUE, type RunningReplay } from './list-running-replays.js';
export { requeueReplayChunk } from './requeue-replay-chunk.js';
export { selectReplayChunk } from './select-replay-chunk.js';
