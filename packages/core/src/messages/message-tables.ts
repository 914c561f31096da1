export { FIELD_MESSAGES } from './field-messages.js';
export { REASONS } from './reasons.js';
