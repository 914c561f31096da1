import { emit, jsonTime } from '../operational-events/emit.js';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';

/** Returns SQL that emits `posthorn.webhook.suspended` for each webhook of `from`, to be part of the statement that suspends them. */
export const emitSuspended = (from: string): string =>
  emit('posthorn.webhook.suspended', {
    data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'reason', suspend_reason, 'suspendedBy', suspended_by, 'suspendedAt', ${jsonTime('suspended_at')}
  )`,
    from,
    at: 'suspended_at',
  });

/** Returns SQL that inserts an audit entry for each active webhook of `from` that the system suspends. */
export const auditSuspended = (from: string): string =>
  insertAuditEntries('webhook.suspended', {
    before: `jsonb_build_object('status', 'active', 'suspendReason', NULL)`,
    after: `jsonb_build_object('status', status, 'suspendReason', suspend_reason)`,
    from,
  });
