import {
  type Actor,
  type AuditAction,
  type LifecycleCommand,
  type Suspender,
  transition,
} from '@posthorn/core';
import type { AuditSnapshot } from '@posthorn/database/audit/prisma';
import {
  type ChangedWebhook,
  changeWebhook,
  type WebhookRecord,
  type WebhookTarget,
} from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';
import { assertAttestationAllowed } from './attestation.js';
import { webhookTag } from './entity-tags.js';
import type { Handler } from '../calls/handler.js';
import { assertPreconditions, type Preconditions } from '../http/preconditions.js';
import { webhookAuditTrail } from './webhook-audit-trail.js';
import { stopSending } from './stop-sending.js';
import { afterBarrier } from './wait-for-barrier.js';
import { webhookResponse } from './webhook-responses.js';
import { invalidState, webhookNotFound } from './webhook-errors.js';

export const suspendWebhook: Handler<'suspendWebhook', WebhookDeps> = async (
  { caller, actor, preconditions, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const command = { type: 'suspend', reason: body.reason, ...suspenderOf(actor) } as const;
  const { webhook, droppedDeliveries } = await stopSending(
    {
      target,
      change: () => change({ actor, target, command, preconditions }, deps),
      dropReason: 'suspended',
    },
    deps,
  );
  const response = await webhookResponse(webhook, caller, deps);
  return {
    status: 200,
    headers: { etag: webhookTag(webhook, deps.sealer) },
    body: { ...response, droppedDeliveries },
  };
};

export const deleteWebhook: Handler<'deleteWebhook', WebhookDeps> = async (
  { caller, actor, preconditions, params },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const command = { type: 'delete' } as const;
  await stopSending(
    {
      target,
      change: () => change({ actor, target, command, preconditions }, deps),
      dropReason: 'deleted',
    },
    deps,
  );
  return { status: 204, body: null };
};

export const reactivateWebhook: Handler<'reactivateWebhook', WebhookDeps> = async (
  { caller, actor, preconditions, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const command = { type: 'reactivate' } as const;
  const details = { reason: body.reason };
  const webhook = await change({ actor, target, command, details, preconditions }, deps);
  const headers = { etag: webhookTag(webhook, deps.sealer) };
  return { status: 200, headers, body: await webhookResponse(webhook, caller, deps) };
};

export const attestValidation: Handler<'attestValidation', WebhookDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  assertAttestationAllowed(deps.attestationUntil);
  const target = { id: params.id, tenantId: caller.tenantId };
  const command = { type: 'attest', reason: body.reason, byName: actor.name } as const;
  const webhook = await afterBarrier(change({ actor, target, command }, deps), deps);
  return { status: 200, body: await webhookResponse(webhook, caller, deps) };
};

export function suspenderOf({ tenantId, name }: Actor): { by: Suspender; byName: string } {
  return { by: tenantId === null ? 'operator' : 'tenant', byName: name };
}

interface Change {
  actor: Actor;
  target: WebhookTarget;
  command: Command;
  /** Extra fields for the audit log. */
  details?: AuditSnapshot;
  preconditions?: Preconditions;
}

/** The commands that have their own route. */
type Command = Extract<LifecycleCommand, { type: 'attest' | 'suspend' | 'reactivate' | 'delete' }>;

/** @throws PosthornError if the webhook is not found or its state forbids the command */
async function change(
  { actor, target, command, details, preconditions }: Change,
  deps: Pick<WebhookDeps, 'change' | 'sealer'>,
): Promise<ChangedWebhook> {
  const decide = (current: WebhookRecord, now: Date) => {
    const result = transition(current, command, now);
    if (!result.ok) throw invalidState(result.status);
    if (preconditions) assertPreconditions(preconditions, webhookTag(current, deps.sealer));
    return { lifecycle: result.next };
  };
  const trail = webhookAuditTrail(
    actor,
    `webhook.${PAST_TENSE[command.type]}` satisfies AuditAction,
    deps.sealer,
  );
  const webhook = await deps.change({ caller: target, resource: target.id }, (prisma) =>
    changeWebhook(prisma, target, decide, { ...trail, details }),
  );
  if (!webhook) throw webhookNotFound();
  return webhook;
}

const PAST_TENSE = {
  attest: 'attested',
  suspend: 'suspended',
  reactivate: 'reactivated',
  delete: 'deleted',
} as const satisfies Record<Command['type'], string>;
