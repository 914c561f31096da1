import type { ListedRecoveryResponse, RecoveryResponse } from '@posthorn/contract';
import { encodeId } from '@posthorn/core';
import type { RecoveryProgress, RecoveryRecord } from '@posthorn/database/replays/prisma';
import { timeOrNull } from '../http/page.js';
import { idOrNull } from './replay.js';

export function serializeListedRecovery(recovery: RecoveryRecord): ListedRecoveryResponse {
  return {
    id: encodeId('recovery', recovery.id),
    tenantId: idOrNull('tenant', recovery.tenantId),
    webhookId: idOrNull('webhook', recovery.webhookId),
    since: recovery.since.toISOString(),
    until: recovery.until.toISOString(),
    includeDropped: recovery.includeDropped,
    automatic: recovery.automatic,
    status: recovery.status,
    total: recovery.total,
    queued: recovery.queued,
    failed: recovery.failed,
    webhooks: recovery.webhooks,
    inactiveWebhooks: recovery.inactiveWebhooks,
    createdAt: recovery.createdAt.toISOString(),
    finishedAt: timeOrNull(recovery.finishedAt),
  };
}

export function serializeRecovery(recovery: RecoveryRecord, progress: RecoveryProgress): RecoveryResponse {
  return { ...serializeListedRecovery(recovery), progress };
}
