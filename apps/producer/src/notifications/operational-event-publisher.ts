import { derivedId, encodeId, isAuditEvent, SYSTEM_TENANT_ID, withApiIds } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  listPendingOperationalEvents,
  OPERATIONAL_EVENTS_ARE_DUE,
  type PendingOperationalEvent,
  registerCopies,
  setEmailEnabled,
  settleOperationalEvents,
} from '@posthorn/database/notifications';
import { withLease } from '@posthorn/database/server';
import type { PublishResult, Acceptor, IncomingEvent } from '@posthorn/fanout';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const publishOperationalEventsTask: Task = {
  name: 'publish_operational_events',
  pauses: { intervalMs: 500, maxIntervalMs: 60_000 },
  due: OPERATIONAL_EVENTS_ARE_DUE,
  async create({ pool, acceptor, logger, metrics, email }) {
    await setEmailEnabled(pool, email !== null);
    const operatorEmails = email?.operatorEmails ?? null;
    return createOperationalEventPublisher({ pool, acceptor, logger, metrics, operatorEmails });
  },
};

interface OperationalEventPublisherDeps {
  pool: Pool;
  acceptor: Pick<Acceptor, 'accept'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'event'>;
  /** The addresses of the operator. Null if no emails are sent. */
  operatorEmails: readonly string[] | null;
}

const PAGE = 500;

/** The tenant gets no events. The operator does. */
const STOPPED: ReadonlySet<string> = new Set(['tenant_suspended', 'tenant_deleted']);

/**
 * Publishes the pending operational events, oldest first, and passes them on to emails. They were stored in the transaction of the change that they report.
 * After an interruption the next run publishes the remaining events, and none of them twice.
 */
export function createOperationalEventPublisher({
  pool,
  acceptor,
  logger,
  metrics,
  operatorEmails,
}: OperationalEventPublisherDeps): () => Promise<boolean> {
  return async () => {
    // Usually no event is pending, so the lease is not needed.
    const [first] = await listPendingOperationalEvents(pool, 1);
    if (first) await withLease(pool, 'publishOperationalEvents', publishAll);
    return first !== undefined;
  };

  async function publishAll(lease: AbortSignal): Promise<void> {
    for (;;) {
      lease.throwIfAborted();
      const page = await listPendingOperationalEvents(pool, PAGE);
      await publish(page);
      if (page.length < PAGE) return;
    }
  }

  async function publish(page: readonly PendingOperationalEvent[]): Promise<void> {
    const publications = await readRegistered(page.flatMap(publicationsOf));
    const results = await Promise.allSettled(publications.map(({ incoming }) => acceptor.accept(incoming)));
    const failedIds = new Set<string>();
    for (const [index, { event }] of publications.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') report(event, result.value);
      else failedIds.add(event.id);
    }
    await settleOperationalEvents(
      pool,
      page.map((event) => event.id).filter((id) => !failedIds.has(id)),
      operatorEmails,
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Returns what to publish, with the present data: an erasure may have changed it, and a purge deleted it. */
  async function readRegistered(publications: readonly Publication[]) {
    const data = await registerCopies(
      pool,
      publications.map(({ event, tenantId, pushed }) => ({
        eventId: derivedId(pushed.id, pushed.at.getTime()),
        tenantId,
        sourceId: event.id,
      })),
    );
    return publications.flatMap(({ event, ...publication }) => {
      const current = data.get(event.id);
      return current ? [{ event, incoming: toIncoming({ event, ...publication }, current) }] : [];
    });
  }

  function report(event: PendingOperationalEvent, result: PublishResult): void {
    metrics.event('internal', result.status);
    if (result.status !== 'rejected' || STOPPED.has(result.code)) return;
    logger.error('operational event rejected', {
      type: event.type,
      message: result.message,
    });
  }
}

/** An event to publish: in which tenant, and what its id derives from. */
interface Publication {
  event: PendingOperationalEvent;
  tenantId: string;
  pushed: { id: string; at: Date; keepsDay: true };
}

/**
 * Returns what to publish: one event to the webhooks of the tenant, one to the webhooks of the operator. Their ids and times are derived
 * from the stored row, so that publishing it twice creates each of them once, whenever it is.
 */
function publicationsOf(event: PendingOperationalEvent): Publication[] {
  const { id, tenantId, createdAt: at, hasSubscribers, hasSystemSubscribers } = event;
  const own: Publication = {
    event,
    tenantId,
    pushed: { id: `operational:${id}`, at, keepsDay: true },
  };
  const system: Publication = {
    event,
    tenantId: SYSTEM_TENANT_ID,
    pushed: { id: `operational:${id}:system`, at, keepsDay: true },
  };
  return [...(hasSubscribers ? [own] : []), ...(hasSystemSubscribers ? [system] : [])];
}

function toIncoming(
  { event, tenantId, pushed }: Publication,
  stored: Record<string, unknown>,
): IncomingEvent {
  const data = withApiIds(stored);
  // An entry of the audit log names its tenant itself.
  const isCopy = tenantId === SYSTEM_TENANT_ID && !isAuditEvent(event.type);
  return {
    tenantId,
    type: event.type,
    data: isCopy ? { ...data, ...originOf(event) } : data,
    dataText: null,
    occurredAt: null,
    idempotencyKey: null,
    pushed,
  };
}

/** Returns whose event it is. The webhooks of a tenant do not need that. */
function originOf({ tenantId, tenantName, tenantExternalId, webhookExternalId }: PendingOperationalEvent) {
  return {
    tenantId: encodeId('tenant', tenantId),
    tenantName,
    tenantExternalId,
    webhookExternalId,
  };
}
