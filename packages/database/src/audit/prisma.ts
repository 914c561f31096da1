export type { AuditEntry } from '../generated/client.js';
export { audit, type AuditContext, type AuditSnapshot } from './audit.js';
