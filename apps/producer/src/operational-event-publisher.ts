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
 * Publishes the operational events that were written down with what they tell of, oldest first. Cut short at any point,
 * the next round publishes what is left; what was published already is not published twice.
 */
export function createOperationalEventPublisher({
  pool,
  acceptor,
  logger,
  metrics,
}: OperationalEventPublisherDeps): () => Promise<void> {
  return async () => {
    // Mostly there is nothing, and nothing is locked.
    const [first] = await listPendingOperationalEvents(pool, 1);
    if (first) await withLock(pool, 'publishOperationalEvents', announceAll);
  };

  async function announceAll(): Promise<void> {
    for (;;) {
      const page = await listPendingOperationalEvents(pool, PAGE);
      await announce(page);
      if (page.length < PAGE) return;
    }
  }

  async function announce(page: readonly PendingOperationalEvent[]): Promise<void> {
    const wanted = page.filter((event) => event.hasSubscribers);
    const results = await Promise.allSettled(wanted.map((event) => acceptor.accept(toIncoming(event))));
    const failedIds = new Set<string>();
    for (const [index, event] of wanted.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') tell(event, result.value);
      else failedIds.add(event.id);
    }
    await deleteOperationalEvents(
      pool,
      page.map((event) => event.id).filter((id) => !failedIds.has(id)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  function tell(event: PendingOperationalEvent, accepted: AcceptResult): void {
    metrics.event('internal', accepted.status);
    if (accepted.status !== 'rejected') return;
    logger.error('an operational event was refused', { type: event.type, message: accepted.message });
  }
}

/** Its identity and time are those of what was written down, so that it is one event however often it is published. */
function toIncoming({ id, tenantId, type, data, createdAt }: PendingOperationalEvent): IncomingEvent {
  return {
    tenantId,
    type,
    data: withApiIds(data),
    occurredAt: null,
    idempotencyKey: null,
    pushed: { id: `operational:${id}`, at: createdAt },
  };
}
