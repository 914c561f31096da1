import { type Sealer, type StoredFence } from '@posthorn/core';
import { type Pool, retryTransient } from '@posthorn/database/connection';
import {
  type DeliveryToHold,
  dropPendingDeliveries,
  holdDeliveries,
  type LoadedDelivery,
  settleDeliveries,
  type Settlement,
} from '@posthorn/database/deliveries';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '@posthorn/database/encryption';
import { findCertificates, findFormats, setSlow, suspendWebhook } from '@posthorn/database/webhooks';
import { restoreFenced } from '@posthorn/flow';
import type { TaskResult } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { type AdvanceDeps, createAdvance } from './advance-chains.js';
import type { AttemptToRecord } from './attempt-record.js';
import { createAttemptRecorder } from './attempt-recorder.js';
import { batchStatement } from './batch-statement.js';
import { ConnectionProfiles } from './connection-profiles.js';
import { DeliveryFormats } from './delivery-formats.js';
import { createDeliveryLoader, type DeliveryLoaderDeps } from './delivery-loader.js';
import type { ReportInternalError } from '../reports/internal-errors.js';
import type { WorkerMetrics } from '../reports/worker-metrics.js';

/** A delivery was held, has changed since it was read, or its row is locked by another transaction. */
export type HoldResult = 'held' | 'changed' | 'locked';

interface DeliveryStoreDeps {
  pool: Pool;
  /** For the two statements of each delivery: load and record. One of each runs at a time, or two while one gets no response. */
  hotPathPool: Pool;
  /** They open what is sealed, and seal responses if they encrypt. Default: none do. */
  payloadKeys?: PayloadKeys;
  /** Opens the private keys of client certificates. */
  sealer: Sealer;
  logger: Logger;
  metrics: WorkerMetrics;
  reportInternalError: ReportInternalError;
  webhooks: DeliveryLoaderDeps['webhooks'];
  enqueue: AdvanceDeps['enqueue'];
  moment: DeliveryLoaderDeps['moment'];
}

/** Returns the database operations of a delivery. Each one is batched over all deliveries in flight. */
export function createDeliveryStore({
  pool,
  hotPathPool,
  payloadKeys = NO_PAYLOAD_KEYS,
  sealer,
  logger,
  metrics,
  reportInternalError,
  webhooks,
  enqueue,
  moment,
}: DeliveryStoreDeps) {
  // While PostgreSQL is unavailable the jobs in flight wait here with their outcomes, and no new jobs start.
  const retry = <T>(work: () => Promise<T>): Promise<T> =>
    retryTransient(work, { onRetry: (error) => logger.warn('PostgreSQL unavailable, retrying', { error }) });

  /** Batches a statement without a result. */
  const batched = <Item>(statement: (items: Item[]) => Promise<void>) =>
    batchStatement((items: Item[]) =>
      retry(() => statement(items)).then(() => items.map((): void => undefined)),
    );

  /** Batches a statement that returns the deliveries whose rows are locked. Returns true for an item whose row is not locked. */
  const batchedUnlessLocked = <Item>(
    statement: (items: Item[]) => Promise<Set<string>>,
    idOf: (item: Item) => string,
  ) =>
    batchStatement(async (items: Item[]) => {
      const locked = await retry(() => statement(items));
      return items.map((item) => !locked.has(idOf(item)));
    });

  const settleAll = batchedUnlessLocked(
    (settlements: Settlement[]) => settleDeliveries(pool, settlements),
    ({ deliveryId }) => deliveryId,
  );
  const holdAll = batchStatement(async (deliveries: DeliveryToHold[]) => {
    const results = await retry(() => holdDeliveries(pool, deliveries));
    return deliveries.map(({ deliveryId }): HoldResult => results.get(deliveryId) ?? 'changed');
  });

  const record = createAttemptRecorder({ pool, hotPathPool, payloadKeys, logger, reportInternalError });

  return {
    formats: new DeliveryFormats((ids) => retry(() => findFormats(pool, ids))),
    profiles: new ConnectionProfiles((ids) => retry(() => findCertificates(pool, ids)), sealer),
    load: createDeliveryLoader({ hotPathPool, payloadKeys, webhooks, moment, retry }),
    async record(request: AttemptToRecord, onDelay: () => void): Promise<TaskResult> {
      const result = await record(request, onDelay);
      if (request.decision.kind === 'dropped') metrics.dropped(request.decision.reason, 1);
      return result;
    },
    async hold(delivery: DeliveryToHold): Promise<HoldResult> {
      const result = await holdAll(delivery);
      if (result === 'held') metrics.held();
      return result;
    },
    async settle(settlement: Settlement): Promise<boolean> {
      const isSettled = await settleAll(settlement);
      if (isSettled && settlement.status === 'dropped') metrics.dropped(settlement.reason, 1);
      return isSettled;
    },
    advance: createAdvance({ pool, enqueue, logger }),
    async suspendGone(webhook: LoadedDelivery['webhook']): Promise<void> {
      const epoch = await retry(() => suspendWebhook(pool, { ...webhook, reason: 'gone' }));
      if (epoch === null) return;
      const reason = 'suspended';
      metrics.dropped(reason, await dropPendingDeliveries(pool, { webhookId: webhook.id, epoch }));
    },
    restore: batched((fences: StoredFence[]) =>
      restoreFenced({ pool, logger, dropped: metrics.dropped }, fences),
    ),
    setSlow: batched((changes: { id: string; epoch: number; slow: boolean }[]) => setSlow(pool, changes)),
  };
}
