export { findErasureStarters } from './erasure-starters.js';
export { kindOfErasure, PUSH_COVERAGE_MS, type RunningErasure } from './erasure.js';
export {
  advanceErasure,
  type ErasureDeps,
  failErasure,
  listRunningErasures,
  restartFailedPurges,
  startDuePurges,
} from './run-erasure.js';
