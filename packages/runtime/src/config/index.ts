export type { Field } from './fields.js';
export * as configFields from './fields.js';
export * from './read-config.js';
export * from './services.js';
