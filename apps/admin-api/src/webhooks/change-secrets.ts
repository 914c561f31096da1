import type { Actor, AuditAction, SealedSecret } from '@posthorn/core';
import {
  type ChangedWebhook,
  changeWebhook,
  type WebhookRecord,
  type WebhookTarget,
} from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';
import { webhookAuditTrail } from './webhook-audit-trail.js';
import { afterBarrier, waitForBarrier } from './wait-for-barrier.js';
import { webhookNotFound } from './webhook-errors.js';

const HOUR_MS = 3_600_000;

/** A change of the secrets of a webhook: of its signing secrets or its Ed25519 keys. */
interface SecretsChange {
  target: WebhookTarget;
  actor: Actor;
  action: AuditAction;
}

/**
 * Adds a secret, so that others end after the overlap. If some end at once, it waits until no request is signed with them.
 * @throws PosthornError if the webhook is not found
 */
export async function rotate(
  change: SecretsChange & {
    overlapHours: number;
    rotated: (webhook: WebhookRecord, times: { overlapEnd: Date; now: Date }) => SealedSecret[];
  },
  deps: Pick<WebhookDeps, 'change' | 'sealer' | 'barrierMs'>,
): Promise<WebhookRecord> {
  const changed = changeSecrets(
    change,
    (current, now) => {
      const overlapEnd = new Date(now.getTime() + change.overlapHours * HOUR_MS);
      return change.rotated(current, { overlapEnd, now });
    },
    deps,
  );
  return afterBarrier(changed, deps);
}

/**
 * Ends a secret, then waits until no request is signed with it. It also waits after an error, since the
 * call may repeat an earlier one whose response was lost.
 * @throws PosthornError if the webhook is not found
 */
export async function end(
  change: SecretsChange & { remaining: (secrets: readonly SealedSecret[], now: Date) => SealedSecret[] },
  deps: Pick<WebhookDeps, 'change' | 'sealer' | 'barrierMs'>,
): Promise<void> {
  const changed = changeSecrets(change, ({ secrets }, now) => change.remaining(secrets, now), deps);
  await Promise.allSettled([changed]);
  await waitForBarrier(deps);
  await changed;
}

async function changeSecrets(
  { target, actor, action }: SecretsChange,
  decide: (webhook: WebhookRecord, now: Date) => SealedSecret[],
  deps: Pick<WebhookDeps, 'change' | 'sealer'>,
): Promise<ChangedWebhook> {
  const changed = await deps.change({ caller: target, resource: target.id }, (prisma) =>
    changeWebhook(
      prisma,
      target,
      (current, now) => ({ secrets: decide(current, now) }),
      webhookAuditTrail(actor, action, deps.sealer),
    ),
  );
  if (!changed) throw webhookNotFound();
  return changed;
}
