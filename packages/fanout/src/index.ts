export * from './accept.js';
export * from './filter/check-filter.js';
export * from './filter/filter.js';
export type { AcceptLimits } from './limits.js';
export * from './schema-check.js';
export { beginTurn } from './turn.js';
