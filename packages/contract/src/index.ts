export * from './messages.js';
export * from './moment.js';
export * from './http/index.js';
export * from './json-structure.js';
export * from './field-errors.js';
export * from './rule.js';
