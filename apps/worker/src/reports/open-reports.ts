import { concernsReceiver } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { recordHealth } from '@posthorn/database/health';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger, Parts, Registry, Tracing } from '@posthorn/runtime';
import { type AttemptReport, createAttemptReporter } from './attempt-reporter.js';
import { createHealthRecorder } from './health-recorder.js';
import type { ReportInternalError } from './internal-errors.js';
import { createAttemptTracer, type TraceAttempt } from './trace-attempts.js';

/** Reports of a run. */
export interface RunReports {
  /** Called for each recorded attempt. */
  attempt: (report: AttemptReport) => void;
  /** An operational event about a delivery was emitted. */
  emitted: () => void;
  internalError: ReportInternalError;
  trace: TraceAttempt;
}

interface ReportsOptions {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'wake'>;
  logger: Logger;
  registry: Registry;
  reportInternalError: ReportInternalError;
  tracing: Tracing | null;
  logSuccesses: boolean;
}

/** Attempts are announced to the producers this often, in milliseconds. */
const ANNOUNCE_INTERVAL_MS = 5000;

/** Opens what reports the runs of deliveries: to log and metrics, to the health of webhooks, to traces, and to the producers. */
export async function openReports(parts: Parts, options: ReportsOptions): Promise<RunReports> {
  const { pool, queue, logger } = options;
  const reportAttempt = createAttemptReporter(options);
  const health = await parts.open(
    createHealthRecorder({
      async write(updates) {
        await recordHealth(pool, updates, new Date());
        queue.wake('producers');
      },
      onError: (error) => logger.warn('health of webhooks not recorded', { error }),
    }),
  );

  let announcedAtMs = -Infinity;
  /** Wakes the task that aggregates statistics, which sleeps while there are no attempts. */
  function announceAttempt(): void {
    if (performance.now() - announcedAtMs < ANNOUNCE_INTERVAL_MS) return;
    announcedAtMs = performance.now();
    queue.wake('producers');
  }

  return {
    attempt(report: AttemptReport) {
      reportAttempt(report);
      announceAttempt();
      if (!concernsReceiver(report.outcome)) return;
      const { id, failingSince } = report.loaded.webhook;
      health.record({
        webhookId: id,
        failingSince,
        ok: report.decision.kind === 'succeeded',
        at: new Date(),
      });
    },
    // It is published soon.
    emitted: () => queue.wake('producers'),
    internalError: options.reportInternalError,
    trace: createAttemptTracer(options.tracing),
  };
}
