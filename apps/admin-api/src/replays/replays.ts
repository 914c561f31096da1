import type { AcceptedReplayResponse, ReplayResponse } from '@posthorn/contract';
import { type Actor, encodeId, newId, PosthornError, reason } from '@posthorn/core';
import { findEvent } from '@posthorn/database/events/prisma';
import { createReplay, measureReplay, type ReplayScope } from '@posthorn/database/replays';
import {
  cancelReplay as endReplay,
  findReplay,
  listReplays as readReplays,
  readReplayProgress,
  type Replay,
} from '@posthorn/database/replays/prisma';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { finishDrops } from '../deliveries/finish-drops.js';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { serializePage } from '../http/page.js';
import type { ReplayDeps } from './deps.js';
import { serializeListedReplay, serializeReplay } from './replay.js';
import { requireActiveTenant } from '../access/active-tenant.js';
import { tenantOfListQuery } from '../access/tenancy.js';
import { getsNoRequests, invalidState, webhookNotFound } from '../webhooks/webhook-errors.js';

/** Only records the replay; the producers run it. */
export const replayWebhook: Handler<'replayWebhook', ReplayDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  if (webhook.delivery === 'pull') throw getsNoRequests();
  if (webhook.status !== 'active') throw invalidState(webhook.status);
  await requireActiveTenant(deps.prisma, webhook.tenantId);
  const { from, to, statuses = [], eventTypes = [], dryRun } = body;
  const { id: webhookId, tenantId } = webhook;
  const scope = { tenantId, webhookId, eventId: null, from, to, statuses, eventTypes };
  return { status: 202, body: await (dryRun ? measure(scope, deps) : create(scope, actor, deps)) };
};

export const replayEvent: Handler<'replayEvent', ReplayDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const event = await findEvent(deps.prisma, { id: params.id, tenantId: caller.tenantId }, deps.payloadKeys);
  if (!event) throw new PosthornError('not_found', { detail: 'Event not found' });
  const { id: eventId, tenantId } = event;
  if (event.isErased) throw new PosthornError('invalid_state', { reason: reason('event_erased') });
  await requireActiveTenant(deps.prisma, tenantId);
  const scope = { tenantId, webhookId: null, eventId, from: null, to: null, statuses: [], eventTypes: [] };
  return { status: 202, body: await (body.dryRun ? measure(scope, deps) : create(scope, actor, deps)) };
};

export const listReplays: Handler<'listReplays', ReplayDeps> = async ({ caller, query }, { prisma }) => {
  const tenantId = await tenantOfListQuery(prisma, caller, query);
  const page = await readReplays(prisma, { ...query, tenantId }, query);
  return { status: 200, body: serializePage(page, serializeListedReplay) };
};

export const getReplay: Handler<'getReplay', ReplayDeps> = async ({ caller, params }, deps) => ({
  status: 200,
  body: await withProgress(await requireReplay(params.id, caller, deps), deps),
});

export const cancelReplay: Handler<'cancelReplay', ReplayDeps> = async ({ caller, actor, params }, deps) => {
  const found = await requireReplay(params.id, caller, deps);
  await deps.change({ caller, resource: found.id }, (prisma) =>
    endReplay({ prisma, pool: deps.bulkPool }, found, actor),
  );
  const replay = await requireReplay(found.id, caller, deps);
  if (replay.status !== 'cancelled') {
    throw new PosthornError('invalid_state', {
      reason: reason('replay_completed'),
      extra: { replayStatus: replay.status },
    });
  }
  return { status: 200, body: await withProgress(replay, deps) };
};

type Scope = ReplayScope & { tenantId: string };

async function measure(scope: Scope, deps: ReplayDeps): Promise<AcceptedReplayResponse> {
  await finishDrops(scope, deps);
  return { id: null, total: await measureReplay(deps.historyPool, scope) };
}

async function create(scope: Scope, actor: Actor, deps: ReplayDeps): Promise<AcceptedReplayResponse> {
  const { webhookId, eventId, from, to, statuses, eventTypes } = scope;
  await finishDrops(scope, deps);
  const snapshot =
    webhookId === null
      ? { eventId: encodeId('event', eventId) }
      : { webhookId: encodeId('webhook', webhookId), from, to, statuses, eventTypes };
  const { id, total } = await createReplay(deps.bulkPool, { ...scope, id: newId() }, { actor, snapshot });
  deps.deliveries.wake('producers');
  return { id: encodeId('replay', id), total };
}

async function requireReplay(
  id: string,
  { tenantId }: Pick<Caller, 'tenantId'>,
  { prisma }: Pick<ReplayDeps, 'prisma'>,
): Promise<Replay> {
  const replay = await findReplay(prisma, { id, tenantId });
  if (!replay) throw new PosthornError('not_found', { detail: 'Replay not found' });
  return replay;
}

async function withProgress(
  replay: Replay,
  { history }: Pick<ReplayDeps, 'history'>,
): Promise<ReplayResponse> {
  return serializeReplay(replay, await readReplayProgress(history, replay.id));
}
