export * from './body-template.js';
export * from './compile-format.js';
export * from './delivery-format.js';
export * from './format-problems.js';
export * from './is-unsigned.js';
export * from './read-attempt.js';
export * from './shown-secret.js';
export { schemeOf } from './signature-schemes.js';
