export * from './api-client.js';
export * from './eventually.js';
export * from './fresh-database.js';
export * from './fresh-queue-prefix.js';
export * from './receiver.js';
export * from './recorded-request.js';
export * from './template-database.js';
