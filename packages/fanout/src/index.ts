export * from './accept.js';
export type { AcceptLimits } from './limits.js';
export { beginTurn } from './turn.js';
