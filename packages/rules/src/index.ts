export * from './filter/check-filter.js';
export * from './filter/compile-filter.js';
export * from './schema/schema-error.js';
export * from './schema/schema-validator.js';
