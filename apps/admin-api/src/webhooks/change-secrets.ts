import { setTimeout as sleep } from 'node:timers/promises';
import { type Actor, type AuditAction, liveSecrets, type SealedSecret } from '@posthorn/core';
import { changeWebhook, type WebhookRecord, type WebhookTarget } from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import { webhookAuditTrail } from './webhook-audit-trail.js';
import { webhookNotFound } from './webhook-errors.js';

const HOUR_MS = 3_600_000;

/** A change of the secrets of a webhook: of its signing secrets or its Ed25519 keys. */
interface SecretsChange {
  target: WebhookTarget;
  actor: Actor;
  action: AuditAction;
}

/**
 * Adds a secret, so that others end after the overlap. If some end at once, it waits for `barrierMs` until no request is signed with
 * them.
 * @throws PosthornError if the webhook is not found
 */
export async function rotate(
  change: SecretsChange & {
    overlapHours: number;
    rotated: (webhook: WebhookRecord, times: { overlapEnd: Date; now: Date }) => SealedSecret[];
  },
  deps: Pick<ApiDeps, 'change' | 'sealer' | 'barrierMs'>,
): Promise<WebhookRecord> {
  let endsOthers = false;
  const webhook = await changeSecrets(
    change,
    (current, now) => {
      const overlapEnd = new Date(now.getTime() + change.overlapHours * HOUR_MS);
      const secrets = change.rotated(current, { overlapEnd, now });
      endsOthers = secrets.length <= liveSecrets(current.secrets, now).length;
      return secrets;
    },
    deps,
  );
  if (!webhook) throw webhookNotFound();
  if (endsOthers) await sleep(deps.barrierMs);
  return webhook;
}

/**
 * Ends a secret, then waits for `barrierMs`: a worker may have read the webhook just before. It also waits after an error, since the
 * call may repeat an earlier one whose response was lost.
 * @throws PosthornError if the webhook is not found
 */
export async function end(
  change: SecretsChange & { remaining: (secrets: readonly SealedSecret[], now: Date) => SealedSecret[] },
  deps: Pick<ApiDeps, 'change' | 'sealer' | 'barrierMs'>,
): Promise<void> {
  const changed = changeSecrets(change, ({ secrets }, now) => change.remaining(secrets, now), deps);
  await Promise.allSettled([changed]);
  await sleep(deps.barrierMs);
  if (!(await changed)) throw webhookNotFound();
}

function changeSecrets(
  { target, actor, action }: SecretsChange,
  decide: (webhook: WebhookRecord, now: Date) => SealedSecret[],
  deps: Pick<ApiDeps, 'change' | 'sealer'>,
): Promise<WebhookRecord | null> {
  return deps.change({ caller: target, resource: target.id }, (prisma) =>
    changeWebhook(
      prisma,
      target,
      (current, now) => ({ secrets: decide(current, now) }),
      webhookAuditTrail(actor, action, deps.sealer),
    ),
  );
}
