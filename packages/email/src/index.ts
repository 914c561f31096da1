export * from './connect-smtp.js';
export * from './mail.js';
export * from './render-digest.js';
export * from './render-messages.js';
export * from './translate.js';
