import type { RecoveryResponse } from '@posthorn/contract';
import { encodeId, newId, PosthornError, reason } from '@posthorn/core';
import {
  createRecovery as storeRecovery,
  finishCancelled,
  measureRecovery,
  type RecoveryScope,
} from '@posthorn/database/replays';
import {
  cancelRecovery as endRecovery,
  findRecovery,
  listRecoveries as readRecoveries,
  readRecoveryProgress,
  type RecoveryRecord,
} from '@posthorn/database/replays/prisma';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { finishDrops } from '../deliveries/finish-drops.js';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { serializePage } from '../http/page.js';
import type { ReplayDeps } from './deps.js';
import { serializeListedRecovery, serializeRecovery } from './recovery.js';
import { idOrNull } from './replay.js';
import { requireActiveTenant } from '../access/active-tenant.js';
import { tenantOfListQuery } from '../access/tenancy.js';
import { waitForBarrier } from '../webhooks/wait-for-barrier.js';
import { invalidState, webhookNotFound } from '../webhooks/webhook-errors.js';

/** Only records the recovery; the producers run it. */
export const createRecovery: Handler<'createRecovery', ReplayDeps> = async (
  { caller, actor, body },
  deps,
) => {
  const { since, until = null, webhookId = null, includeDropped } = body;
  const tenantId = await scopeTenant(body, caller, deps);
  if (tenantId !== null) await requireActiveTenant(deps.prisma, tenantId);
  const scope: RecoveryScope = { tenantId, webhookId, since, until, includeDropped };
  await finishDrops(scope, deps);
  if (body.dryRun)
    return { status: 202, body: { id: null, ...(await measureRecovery(deps.historyPool, scope)) } };

  const id = newId();
  const snapshot = { since, until, webhookId: idOrNull('webhook', webhookId), includeDropped };
  const size = await storeRecovery(deps.bulkPool, { ...scope, id }, { actor, snapshot });
  deps.deliveries.wake('producers');
  return { status: 202, body: { id: encodeId('recovery', id), ...size } };
};

export const listRecoveries: Handler<'listRecoveries', ReplayDeps> = async (
  { caller, query },
  { prisma, history },
) => {
  const tenantId = await tenantOfListQuery(prisma, caller, query);
  const page = await readRecoveries(history, { ...query, tenantId }, query);
  return { status: 200, body: serializePage(page, serializeListedRecovery) };
};

export const getRecovery: Handler<'getRecovery', ReplayDeps> = async ({ caller, params }, deps) => ({
  status: 200,
  body: await withProgress(await requireRecovery(params.id, caller, deps), deps),
});

export const cancelRecovery: Handler<'cancelRecovery', ReplayDeps> = async (
  { caller, actor, params },
  deps,
) => {
  const found = await requireRecovery(params.id, caller, deps);
  await deps.change({ caller, resource: found.id }, (prisma) => endRecovery(prisma, found, actor));
  const recovery = await requireRecovery(found.id, caller, deps);
  if (recovery.status !== 'cancelled') {
    throw new PosthornError('invalid_state', {
      reason: reason('recovery_completed'),
      extra: { recoveryStatus: recovery.status },
    });
  }
  await finishCancellation(recovery, deps);
  return { status: 200, body: await withProgress(await requireRecovery(found.id, caller, deps), deps) };
};

/** How long the cancellation of a recovery drops deliveries itself, in milliseconds. The producers drop the others. */
const DROP_MS = 1000;

/** Waits until no request of a cancelled recovery starts, and drops its deliveries meanwhile: all, if they are not many. */
async function finishCancellation(
  { tenantId, webhookId }: RecoveryRecord,
  deps: Pick<ReplayDeps, 'barrierMs' | 'bulkPool' | 'deliveries'>,
): Promise<void> {
  deps.deliveries.wake('producers');
  await Promise.all([
    waitForBarrier(deps),
    finishCancelled(deps.bulkPool, { tenantId, webhookId, maxMs: DROP_MS }),
  ]);
}

/** Returns the tenant of a new recovery: the tenant of its webhook, or else the named one; null for all tenants. */
async function scopeTenant(
  { tenantId, webhookId }: { tenantId?: string | undefined; webhookId?: string | undefined },
  caller: Caller,
  { prisma }: Pick<ReplayDeps, 'prisma'>,
): Promise<string | null> {
  const listed = await tenantOfListQuery(
    prisma,
    caller,
    webhookId === undefined ? { tenantId } : { tenantId, webhookId },
  );
  if (webhookId === undefined) return listed;
  const webhook = await findWebhook(prisma, { id: webhookId, tenantId: listed });
  if (!webhook) throw webhookNotFound();
  if (webhook.status !== 'active') throw invalidState(webhook.status);
  return webhook.tenantId;
}

async function requireRecovery(
  id: string,
  { tenantId }: Pick<Caller, 'tenantId'>,
  { history }: Pick<ReplayDeps, 'history'>,
): Promise<RecoveryRecord> {
  const recovery = await findRecovery(history, { id, tenantId });
  if (!recovery) throw new PosthornError('not_found', { detail: 'Recovery not found' });
  return recovery;
}

async function withProgress(
  recovery: RecoveryRecord,
  { history }: Pick<ReplayDeps, 'history'>,
): Promise<RecoveryResponse> {
  return serializeRecovery(recovery, await readRecoveryProgress(history, recovery));
}
