import { bindHandlers } from '../calls/bind-handlers.js';
import { verifyAuditEntries, exportAuditEntries } from './audit-chain.js';
import { listAuditEntries } from './audit.js';
import type { AuditDeps } from './deps.js';

/** Creates the handlers of the audit log. */
export const createAuditHandlers = (deps: AuditDeps) =>
  bindHandlers({ verifyAuditEntries, exportAuditEntries, listAuditEntries }, deps);
