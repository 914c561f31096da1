import type { RemovedImportResponse } from '@posthorn/contract';
import { type AuditAction, PosthornError } from '@posthorn/core';
import { changeWebhook, findWebhook, type WebhookRecord } from '@posthorn/database/webhooks/prisma';
import type { Handler } from '../calls/handler.js';
import { stopSending } from '../webhooks/stop-sending.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { invalidState, webhookNotFound } from '../webhooks/webhook-errors.js';
import { webhookResponse } from '../webhooks/webhook-responses.js';
import type { ImportDeps } from './deps.js';
import { planRemoval } from './plan-removal.js';

/** Removes a webhook that its source does not have any more. A repeated call deletes what an earlier one has suspended only with `delete`. */
export const removeImport: Handler<'removeImport', ImportDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const { sealer } = deps;
  const planFor = (webhook: WebhookRecord, now: Date) => {
    if (webhook.importedFrom !== body.source)
      throw new PosthornError('invalid_state', {
        detail: 'The webhook was imported from another source',
      });
    return planRemoval(webhook, { deletes: body.delete, actor, sealer, now });
  };
  const webhook = await findWebhook(deps.prisma, target);
  if (!webhook) throw webhookNotFound();
  const { action, change } = planFor(webhook, new Date());
  if (change === null || body.dryRun)
    return {
      status: 200,
      body: { action, webhook: await webhookResponse(webhook, caller, deps) },
    };

  const decide = (current: WebhookRecord, now: Date) => {
    const plan = planFor(current, now);
    // Another call has changed it in the meantime.
    if (plan.action !== action || plan.change === null) throw invalidState(current.status);
    return plan.change;
  };
  const trail = webhookAuditTrail(actor, auditActionOf(action, webhook), sealer);
  const { webhook: after } = await stopSending(
    {
      target,
      async change() {
        const changed = await deps.change({ caller, resource: target.id }, (db) =>
          changeWebhook(db, target, decide, trail),
        );
        if (!changed) throw webhookNotFound();
        return changed;
      },
      dropReason: action === 'deleted' ? 'deleted' : 'suspended',
    },
    deps,
  );
  const shown = action === 'deleted' ? null : await webhookResponse(after, caller, deps);
  return { status: 200, body: { action, webhook: shown } };
};

function auditActionOf(
  action: RemovedImportResponse['action'],
  { status }: Pick<WebhookRecord, 'status'>,
): AuditAction {
  if (action === 'deleted') return 'webhook.deleted';
  return status === 'active' ? 'webhook.suspended' : 'webhook.updated';
}
