export * from './format-json.js';
export * from './inexact-number.js';
export * from './json-pointer.js';
export * from './json-text.js';
export * from './serialize-rows.js';
