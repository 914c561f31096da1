export { findErasureStarters } from './erasure-starters.js';
export { kindOfErasure, PUSH_COVERAGE_MS, type RunningErasure } from './erasure.js';
export {
  advanceErasure,
  type ErasureDeps,
  ERASURES_ARE_DUE,
  failErasure,
  listRunningErasures,
  restartFailedPurges,
  startDuePurges,
} from './run-erasure.js';
