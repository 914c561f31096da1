import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId } from '@posthorn/core';
import { type Pool, retryTransient } from '@posthorn/database/connection';
import {
  type AttemptRecord,
  type Histories,
  recordAttempts,
  storedResponse,
} from '@posthorn/database/deliveries';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { TaskResult } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import {
  nextStep,
  onlyDecision,
  type AttemptToRecord,
  toAttemptRecord,
  withoutTexts,
} from './attempt-record.js';
import { batchStatement } from './batch-statement.js';
import type { ReportInternalError } from '../reports/internal-errors.js';

interface AttemptRecorderDeps {
  pool: Pool;
  hotPathPool: Pool;
  payloadKeys: PayloadKeys;
  logger: Logger;
  reportInternalError: ReportInternalError;
}

/** The delay before an attempt that was not recorded is recorded again, in milliseconds. It doubles each time. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5000;

const LOCKED = 'another transaction has locked its row';

type Recorded = Awaited<ReturnType<typeof recordAttempts>>[number] | 'rejected';

/**
 * Returns the function that records attempts, in batches over all deliveries in flight. It ends when the attempt is recorded: if
 * its job ended before, the request would be sent again. An attempt whose row is locked, or that PostgreSQL rejects, leaves the
 * batches, so that it delays no others, and is recorded again later.
 */
export function createAttemptRecorder({
  pool,
  hotPathPool,
  payloadKeys,
  logger,
  reportInternalError,
}: AttemptRecorderDeps): (request: AttemptToRecord, onDelay: () => void) => Promise<TaskResult> {
  const batches = (write: (records: AttemptRecord[]) => Promise<Recorded[]>) =>
    // Transient errors do not leave the batch.
    batchStatement(async (records: AttemptRecord[]): Promise<Recorded[]> => {
      try {
        return await retryTransient(() => write(records), {
          onRetry: (error) => logger.warn('attempts could not be recorded, retrying', { error }),
        });
      } catch (error) {
        const [record] = records;
        // The batch is split until it is the only one.
        if (!record || records.length > 1) throw error;
        return [await writeLess(record, write)];
      }
    });

  /** Records an attempt that PostgreSQL rejects without the parts that may be the cause. */
  async function writeLess(
    record: AttemptRecord,
    write: (records: AttemptRecord[]) => Promise<Recorded[]>,
  ): Promise<Recorded> {
    for (const reduce of [withoutTexts, onlyDecision]) {
      try {
        const [recorded] = await retryTransient(() => write([reduce(record)]));
        return recorded;
      } catch (error) {
        // The texts are of the receiver, the rest is Posthorn's.
        reportInternalError({ step: 'record', error, deliveryId: encodeId('delivery', record.deliveryId) });
      }
    }
    return 'rejected';
  }

  /** All, once this process has recorded a success of a shorter history. */
  let histories: Histories = 'installation';
  const record = batches(async (records) => {
    const recorded = await recordAttempts(hotPathPool, records, { histories });
    if (recorded.some(hasShorterHistory)) histories = 'all';
    return recorded;
  });
  const recordAgain = batches((records) => recordAttempts(pool, records, { lockedRows: 'skip' }));

  /** Returns the row of an attempt, sealed if payloads are encrypted. */
  async function rowOf(request: AttemptToRecord): Promise<AttemptRecord> {
    const attempt = toAttemptRecord(request);
    const response = await retryTransient(
      () => storedResponse({ ...attempt, tenantId: request.tenantId }, payloadKeys),
      { onRetry: (error) => logger.warn('attempts could not be recorded, retrying', { error }) },
    );
    return { ...attempt, ...response };
  }

  return async (request, onDelay) => {
    const attempt = await rowOf(request);
    let recorded = await record(attempt);
    for (
      let delayMs = FIRST_DELAY_MS;
      isUnrecorded(recorded);
      delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)
    ) {
      if (recorded === 'locked') {
        const deliveryId = encodeId('delivery', attempt.deliveryId);
        logger.warn('an attempt could not be recorded, retrying', { deliveryId, error: LOCKED });
      }
      onDelay();
      await sleep(delayMs);
      recorded = await recordAgain(attempt);
    }
    return nextStep(request, recorded);
  };
}

const isUnrecorded = (recorded: Recorded): recorded is 'locked' | 'rejected' =>
  recorded === 'locked' || recorded === 'rejected';

const hasShorterHistory = (recorded: Recorded): boolean =>
  typeof recorded === 'object' && recorded.hasShorterHistory === true;
