export { EVENT_TABLES } from './data-model.js';
export { afterCount, type Retention, retentionCutoffs, type RetentionCutoffs } from './retention-cutoffs.js';
