import { transition } from '@posthorn/core';
import {
  changeWebhook,
  findShadows,
  type WebhookChange,
  type WebhookRecord,
} from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { requireTenant } from '../tenants/tenancy.js';

/** Ends the shadows of a tenant, each in its own transaction. A repeated call ends those that a crash left. */
export const endShadows: Handler<'endShadows'> = async ({ caller, actor, params }, deps) => {
  const tenantId = await requireTenant(deps.prisma, caller, params.id);
  const trail = webhookAuditTrail(actor, 'webhook.updated', deps.sealer);
  let ended = 0;
  for (const id of await findShadows(deps.prisma, tenantId)) {
    const target = { id, tenantId };
    const changed = await deps.change({ caller, resource: id }, (db) =>
      changeWebhook(db, target, endShadow, trail),
    );
    if (changed) ended += 1;
  }
  return { status: 200, body: { ended } };
};

function endShadow(webhook: WebhookRecord, now: Date): WebhookChange {
  const result = transition(webhook, { type: 'set_shadow', shadow: false }, now);
  return result.ok ? { lifecycle: result.next } : {};
}
