import type { ListedReplayResponse, ReplayResponse } from '@posthorn/contract';
import { encodeId, type IdKind } from '@posthorn/core';
import type { ReplayRecord } from '@posthorn/database/replays';
import type { ReplayProgress } from '@posthorn/database/replays/prisma';
import { timeOrNull } from '../http/page.js';

export function serializeListedReplay(replay: ReplayRecord): ListedReplayResponse {
  return {
    id: encodeId('replay', replay.id),
    tenantId: encodeId('tenant', replay.tenantId),
    webhookId: idOrNull('webhook', replay.webhookId),
    eventId: idOrNull('event', replay.eventId),
    from: timeOrNull(replay.fromTime),
    to: timeOrNull(replay.toTime),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- validated before it was stored
    statuses: listOrNull(replay.statuses) as ListedReplayResponse['statuses'],
    eventTypes: listOrNull(replay.eventTypes),
    status: replay.status,
    total: replay.total,
    queued: replay.queued,
    failed: replay.failed,
    createdAt: replay.createdAt.toISOString(),
    finishedAt: timeOrNull(replay.finishedAt),
  };
}

export function serializeReplay(replay: ReplayRecord, progress: ReplayProgress): ReplayResponse {
  return { ...serializeListedReplay(replay), progress };
}

export const idOrNull = (kind: IdKind, id: string | null) => (id === null ? null : encodeId(kind, id));

const listOrNull = (list: string[]) => (list.length > 0 ? list : null);
