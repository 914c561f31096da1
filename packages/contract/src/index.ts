export * from './messages.js';
export * from './moment.js';
export * from './http/index.js';
export * from './json-structure.js';
export * from './input-message.js';
