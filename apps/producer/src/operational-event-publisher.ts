import { encodeId, isAuditEvent, SYSTEM_TENANT_ID, withApiIds } from '@posthorn/core';
import {
  listPendingOperationalEvents,
  type Pool,
  type PendingOperationalEvent,
  settleOperationalEvents,
  withLease,
} from '@posthorn/database';
import type { AcceptResult, Acceptor, IncomingEvent } from '@posthorn/fanout';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface OperationalEventPublisherDeps {
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
    const publications = page.flatMap((event) =>
      publicationsOf(event).map((incoming) => ({ event, incoming })),
    );
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

  function report(event: PendingOperationalEvent, result: AcceptResult): void {
    metrics.event('internal', result.status);
    if (result.status !== 'rejected' || STOPPED.has(result.code)) return;
    logger.error('operational event rejected', { type: event.type, message: result.message });
  }
}

/**
 * Returns the events to publish: one to the webhooks of the tenant, one to the webhooks of the operator. Their ids and times are derived
 * from the stored row, so that publishing it twice creates each of them once.
 */
function publicationsOf(event: PendingOperationalEvent): IncomingEvent[] {
  const { id, tenantId, type, createdAt, hasSubscribers, hasSystemSubscribers } = event;
  const data = withApiIds(event.data);
  const common = { type, dataText: null, occurredAt: null, idempotencyKey: null };
  const own = { ...common, tenantId, data, pushed: { id: `operational:${id}`, at: createdAt } };
  const system = {
    ...common,
    tenantId: SYSTEM_TENANT_ID,
    // An entry of the audit log names its tenant itself.
    data: isAuditEvent(type) ? data : { ...data, ...originOf(event) },
    pushed: { id: `operational:${id}:system`, at: createdAt },
  };
  return [...(hasSubscribers ? [own] : []), ...(hasSystemSubscribers ? [system] : [])];
}

/** Returns whose event it is. The webhooks of a tenant do not need that. */
function originOf({ tenantId, tenantName, tenantExternalId, webhookExternalId }: PendingOperationalEvent) {
  return { tenantId: encodeId('tenant', tenantId), tenantName, tenantExternalId, webhookExternalId };
}
