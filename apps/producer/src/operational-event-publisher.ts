import { withApiIds } from '@posthorn/core';
import {
  deleteOperationalEvents,
  listPendingOperationalEvents,
  type Pool,
  type PendingOperationalEvent,
  withLock,
} from '@posthorn/database';
import type { AcceptResult, Acceptor, IncomingEvent } from '@posthorn/fanout';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface OperationalEventPublisherDeps {
  pool: Pool;
  acceptor: Pick<Acceptor, 'accept'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'event'>;
}

const PAGE = 500;

/**
 * Publishes the pending operational events, oldest first. They were stored in the transaction of the change that they report.
 * After an interruption the next run publishes the remaining events, and none of them twice.
 */
export function createOperationalEventPublisher({
  pool,
  acceptor,
  logger,
  metrics,
}: OperationalEventPublisherDeps): () => Promise<boolean> {
  return async () => {
    // Usually no event is pending, so the lock is not needed.
    const [first] = await listPendingOperationalEvents(pool, 1);
    if (first) await withLock(pool, 'publishOperationalEvents', publishAll);
    return first !== undefined;
  };

  async function publishAll(): Promise<void> {
    for (;;) {
      const page = await listPendingOperationalEvents(pool, PAGE);
      await publish(page);
      if (page.length < PAGE) return;
    }
  }

  async function publish(page: readonly PendingOperationalEvent[]): Promise<void> {
    const subscribed = page.filter((event) => event.hasSubscribers);
    const results = await Promise.allSettled(subscribed.map((event) => acceptor.accept(toIncoming(event))));
    const failedIds = new Set<string>();
    for (const [index, event] of subscribed.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') report(event, result.value);
      else failedIds.add(event.id);
    }
    await deleteOperationalEvents(
      pool,
      page.map((event) => event.id).filter((id) => !failedIds.has(id)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  function report(event: PendingOperationalEvent, result: AcceptResult): void {
    metrics.event('internal', result.status);
    if (result.status !== 'rejected') return;
    logger.error('operational event rejected', { type: event.type, message: result.message });
  }
}

/** Derives the event's id and time from the stored row, so that publishing it twice creates one event. */
function toIncoming({ id, tenantId, type, data, createdAt }: PendingOperationalEvent): IncomingEvent {
  return {
    tenantId,
    type,
    data: withApiIds(data),
    dataText: null,
    occurredAt: null,
    idempotencyKey: null,
    pushed: { id: `operational:${id}`, at: createdAt },
  };
}
