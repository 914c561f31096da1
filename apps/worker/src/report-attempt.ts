import { encodeId, type SentOutcome } from '@posthorn/core';
import { Counter, Histogram, type Logger, type Registry } from '@posthorn/runtime';
import type { AttemptReport } from './deliver.js';

/** Attempts beyond this are counted together. */
const COUNTED_ATTEMPTS = 10;

/** Says what came of each attempt: one canonical log line, and the metrics. */
export function createAttemptReport(logger: Logger, registry: Registry): (report: AttemptReport) => void {
  const attempts = new Counter({
    name: 'posthorn_delivery_attempts_total',
    help: 'Attempts by their number and by what was decided on them: succeeded, retry or failed',
    labelNames: ['decision', 'attempt'],
    registers: [registry],
  });
  const outcomes = new Counter({
    name: 'posthorn_delivery_outcomes_total',
    help: 'Attempts by the class of the status that came back, or why none did',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'posthorn_delivery_attempt_duration_seconds',
    help: 'From the start of a request to the end of its answer',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const lateness = new Histogram({
    name: 'posthorn_delivery_lateness_seconds',
    help: 'From the moment that an attempt was due to its start, by lane',
    labelNames: ['lane'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 300],
    registers: [registry],
  });

  return ({ loaded, lane, attempt, startedAt, outcome, decision }) => {
    attempts.inc({ decision: decision.kind, attempt: attemptLabel(attempt) });
    outcomes.inc({ outcome: outcomeLabel(outcome) });
    durations.observe(outcome.durationMs / 1000);
    const dueAt = loaded.delivery.nextAttemptAt ?? startedAt;
    lateness.observe({ lane }, Math.max(startedAt.getTime() - dueAt.getTime(), 0) / 1000);
    const level = decision.kind === 'succeeded' ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    logger.log(level, 'attempt', {
      deliveryId: encodeId('delivery', loaded.delivery.id),
      eventId: encodeId('event', loaded.delivery.eventId),
      webhookId: encodeId('webhook', loaded.webhook.id),
      lane,
      attempt,
      durationMs: outcome.durationMs,
      ...(outcome.kind === 'response' ? { responseStatus: outcome.status } : { error: outcome.code }),
      decision: decision.kind,
      ...(decision.kind === 'retry' && { retryInMs: decision.delayMs }),
      ...(decision.kind === 'failed' && { reason: decision.reason }),
    });
  };
}

function outcomeLabel(outcome: SentOutcome): string {
  return outcome.kind === 'response' ? `${Math.floor(outcome.status / 100)}xx` : outcome.code;
}

function attemptLabel(attempt: number): string {
  return attempt > COUNTED_ATTEMPTS ? `>${COUNTED_ATTEMPTS}` : String(attempt);
}
