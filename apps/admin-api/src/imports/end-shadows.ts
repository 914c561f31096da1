import { PosthornError, transition } from '@posthorn/core';
import {
  changeWebhook,
  findShadows,
  listRefusedImports,
  type WebhookChange,
  type WebhookRecord,
} from '@posthorn/database/webhooks/prisma';
import type { Handler } from '../calls/handler.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { requireTenant } from '../access/tenancy.js';
import type { ImportDeps } from './deps.js';

/** Ends the shadows of a tenant, each in its own transaction. A repeated call ends those that a crash left. */
export const endShadows: Handler<'endShadows', ImportDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const tenantId = await requireTenant(deps.prisma, caller, params.id);
  if (!body.acceptRefused) await assertNothingRefused(tenantId, deps);
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

/** @throws PosthornError if webhooks of the other system would get nothing any more */
async function assertNothingRefused(tenantId: string, { prisma }: Pick<ImportDeps, 'prisma'>): Promise<void> {
  const { length } = await listRefusedImports(prisma, tenantId);
  if (length === 0) return;
  throw new PosthornError('invalid_state', {
    detail:
      `${length} webhooks of the other system were refused by the import, and would get nothing. ` +
      'List them with GET /v1/tenants/{id}/refused-imports, and pass acceptRefused to end the shadows anyway',
  });
}

function endShadow(webhook: WebhookRecord, now: Date): WebhookChange {
  const result = transition(webhook, { type: 'set_shadow', shadow: false }, now);
  return result.ok ? { lifecycle: result.next } : {};
}
