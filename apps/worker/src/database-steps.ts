import { groupCommit } from '@posthorn/core';
import {
  type AttemptRecord,
  dropPendingDeliveries,
  holdDeliveries,
  isDataError,
  loadDeliveries,
  type LoadedDelivery,
  type Pool,
  recordAttempts,
  setSlow,
  settleDeliveries,
  type Settlement,
  suspendWebhook,
  retryTransient,
} from '@posthorn/database';
import type { TaskResult } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { afterRecord, type RecordRequest, toAttemptRecord, withoutTexts } from './record.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface DatabaseStepsDeps {
  pool: Pool;
  /** For what each delivery asks: reading it, and writing its attempt down. One statement of each runs at a time. */
  hotPathPool: Pool;
  logger: Logger;
  metrics: WorkerMetrics;
}

/** What a delivery asks of PostgreSQL, each step batched over whatever is in flight. */
export function createDatabaseSteps({ pool, hotPathPool, logger, metrics }: DatabaseStepsDeps) {
  // While PostgreSQL is away the jobs in flight wait here, outcomes in hand, and no new ones are taken.
  const untilThere = <T>(work: () => Promise<T>): Promise<T> =>
    retryTransient(work, { onRetry: (error) => logger.warn('waiting for PostgreSQL', { error }) });

  /** A statement over many items that answers nothing. */
  const batched = <Item>(statement: (items: Item[]) => Promise<void>) =>
    groupCommit((items: Item[]) =>
      untilThere(() => statement(items)).then(() => items.map((): void => undefined)),
    );

  // What was sent must be written down before anything else, or it would be sent again: any fault but one of the rows
  // themselves is waited out, and a row at fault is written without its texts.
  const write = (records: AttemptRecord[]) =>
    retryTransient(() => recordAttempts(hotPathPool, records), {
      shouldRetry: (error) => !isDataError(error),
      onRetry: (error) => logger.warn('an outcome waits to be recorded', { error }),
    });
  const record = groupCommit(
    async (requests: RecordRequest[]): Promise<TaskResult[]> => {
      const records = requests.map(toAttemptRecord);
      const statuses = await write(records).catch((error: unknown) => {
        if (records.length > 1) throw error;
        return write(records.map(withoutTexts));
      });
      return requests.map((request, index) => afterRecord(request, records[index], statuses[index]));
    },
    { isItemFault: isDataError },
  );

  const settleAll = batched((settlements: Settlement[]) => settleDeliveries(pool, settlements));
  const holdAll = batched((ids: string[]) => holdDeliveries(pool, ids));

  return {
    load: groupCommit((ids: string[]) => untilThere(() => loadDeliveries(hotPathPool, ids))),
    record,
    async hold(deliveryId: string): Promise<void> {
      await holdAll(deliveryId);
      metrics.held();
    },
    async settle(settlement: Settlement): Promise<void> {
      await settleAll(settlement);
      if (settlement.status === 'dropped') metrics.dropped(settlement.reason, 1);
    },
    async suspendGone(webhook: LoadedDelivery['webhook']): Promise<void> {
      const epoch = await untilThere(() => suspendWebhook(pool, { ...webhook, reason: 'gone' }));
      if (epoch === null) return;
      const reason = 'suspended';
      metrics.dropped(reason, await dropPendingDeliveries(pool, { webhookId: webhook.id, epoch, reason }));
    },
    setSlow: batched((changes: { id: string; epoch: number; slow: boolean }[]) => setSlow(pool, changes)),
  };
}
