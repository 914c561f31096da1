export type { OutboxConfig } from './delivery-fields.js';
export { type Field, SECTIONS } from './field.js';
export * from './shapes.js';
export * from './read-config.js';
export { fileVariable } from './secret-files.js';
export * from './services.js';
export * from './sign-in-settings.js';
