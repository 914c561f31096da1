export * from './child.js';
export * from './supervised-process.js';
