import type { ReplayResponse } from '@posthorn/contract';
import { type Actor, encodeId, newId, PosthornError } from '@posthorn/core';
import { createReplay, type NewReplay } from '@posthorn/database';
import {
  cancelReplay as endReplay,
  findEvent,
  findReplay,
  findWebhook,
  listReplays as readReplays,
  type Replay,
  readReplayProgress,
} from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import { finishDrops } from '../finish-drops.js';
import type { Caller } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../serializers/page.js';
import { serializeListedReplay, serializeReplay } from '../serializers/replay.js';
import { tenantOfListQuery } from '../tenancy.js';
import { invalidState, webhookNotFound } from '../webhook-errors.js';

/** Only records the replay; the producers run it. */
export const replayWebhook: Handler<'replayWebhook'> = async ({ caller, actor, params, body }, deps) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  if (webhook.status !== 'active') throw invalidState(webhook.status);
  const replay = await create(
    {
      id: newId(),
      tenantId: webhook.tenantId,
      webhookId: webhook.id,
      eventId: null,
      from: body.from,
      to: body.to,
      statuses: body.statuses ?? [],
      eventTypes: body.eventTypes ?? [],
    },
    actor,
    deps,
  );
  return { status: 202, body: replay };
};

export const replayEvent: Handler<'replayEvent'> = async ({ caller, actor, params }, deps) => {
  const event = await findEvent(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!event) throw new PosthornError('not_found', { detail: 'Event not found' });
  const replay = await create(
    {
      id: newId(),
      tenantId: event.tenantId,
      webhookId: null,
      eventId: event.id,
      from: null,
      to: null,
      statuses: [],
      eventTypes: [],
    },
    actor,
    deps,
  );
  return { status: 202, body: replay };
};

export const listReplays: Handler<'listReplays'> = async ({ caller, query }, { prisma }) => {
  const tenantId = await tenantOfListQuery(prisma, caller, query);
  const page = await readReplays(prisma, { ...query, tenantId }, query);
  return { status: 200, body: serializePage(page, serializeListedReplay) };
};

export const getReplay: Handler<'getReplay'> = async ({ caller, params }, deps) => ({
  status: 200,
  body: await withProgress(await requireReplay(params.id, caller, deps), deps),
});

export const cancelReplay: Handler<'cancelReplay'> = async ({ caller, actor, params }, deps) => {
  const found = await requireReplay(params.id, caller, deps);
  await deps.change({ caller, resource: found.id }, (prisma) =>
    endReplay({ prisma, pool: deps.bulkPool }, found, actor),
  );
  const replay = await requireReplay(found.id, caller, deps);
  if (replay.status !== 'cancelled') {
    throw new PosthornError('invalid_state', {
      detail: `Not allowed: the replay is already ${replay.status}`,
      extra: { replayStatus: replay.status },
    });
  }
  return { status: 200, body: await withProgress(replay, deps) };
};

async function create(replay: NewReplay, actor: Actor, deps: ApiDeps): Promise<ReplayResponse> {
  const { webhookId, eventId, from, to, statuses, eventTypes } = replay;
  await finishDrops(replay, deps);
  const snapshot =
    webhookId === null
      ? { eventId: encodeId('event', eventId) }
      : { webhookId: encodeId('webhook', webhookId), from, to, statuses, eventTypes };
  const created = await createReplay(deps.bulkPool, replay, { actor, snapshot });
  deps.deliveries.wake('producers');
  return serializeReplay(created, { pending: 0, succeeded: 0, failed: 0, dropped: 0 });
}

async function requireReplay(
  id: string,
  { tenantId }: Pick<Caller, 'tenantId'>,
  { prisma }: Pick<ApiDeps, 'prisma'>,
): Promise<Replay> {
  const replay = await findReplay(prisma, { id, tenantId });
  if (!replay) throw new PosthornError('not_found', { detail: 'Replay not found' });
  return replay;
}

async function withProgress(replay: Replay, { history }: Pick<ApiDeps, 'history'>): Promise<ReplayResponse> {
  return serializeReplay(replay, await readReplayProgress(history, replay.id));
}
