export * from './accept.js';
export * from './schema-check.js';
