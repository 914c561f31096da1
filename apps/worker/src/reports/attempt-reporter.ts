import {
  type Decision,
  encodeId,
  isInternalFailure,
  type Lane,
  type SentOutcome,
  traceIdOf,
} from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import { Counter, Histogram, type Logger, type Registry } from '@posthorn/runtime';

/** Later attempts share one label. */
const MAX_ATTEMPT_LABEL = 10;

export interface AttemptReport {
  loaded: LoadedDelivery;
  lane: Lane;
  attempt: number;
  /** How long after its due time the request started, in milliseconds. */
  latenessMs: number;
  outcome: SentOutcome;
  decision: Decision;
}

interface AttemptReporterDeps {
  logger: Logger;
  registry: Registry;
  /** Whether successful attempts are logged at level info; otherwise at debug. */
  logSuccesses: boolean;
}

/** Returns the function that reports an attempt: one canonical log line, and the metrics. */
export function createAttemptReporter({
  logger,
  registry,
  logSuccesses,
}: AttemptReporterDeps): (report: AttemptReport) => void {
  const attempts = new Counter({
    name: 'posthorn_delivery_attempts_total',
    help: 'Attempts by number and decision: succeeded, retry, failed or dropped',
    labelNames: ['decision', 'attempt'],
    registers: [registry],
  });
  const outcomes = new Counter({
    name: 'posthorn_delivery_outcomes_total',
    help: 'Attempts by status class, or by error code when there was no response',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'posthorn_delivery_attempt_duration_seconds',
    help: 'Time from the start of a request to the end of the response',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const lateness = new Histogram({
    name: 'posthorn_delivery_lateness_seconds',
    help: 'Time from when an attempt was due to its start, by lane',
    labelNames: ['lane'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 300],
    registers: [registry],
  });

  return (report) => {
    const { lane, attempt, latenessMs, outcome, decision } = report;
    attempts.inc({ decision: decision.kind, attempt: attemptLabel(attempt) });
    outcomes.inc({ outcome: outcomeLabel(outcome) });
    if (!isInternalFailure(outcome)) durations.observe(outcome.durationMs / 1000);
    lateness.observe({ lane }, latenessMs / 1000);
    const level = decision.kind === 'succeeded' && !logSuccesses ? 'debug' : 'info';
    if (logger.isLevelEnabled(level)) logger.log(level, 'attempt', logFields(report));
  };
}

/** Returns the fields of the canonical log line, which docs/observability.md describes. */
function logFields({ loaded, lane, attempt, latenessMs, outcome, decision }: AttemptReport) {
  const { delivery, webhook, eventType, traceContext } = loaded;
  return {
    deliveryId: encodeId('delivery', delivery.id),
    eventId: encodeId('event', delivery.eventId),
    eventType,
    webhookId: encodeId('webhook', webhook.id),
    tenantId: encodeId('tenant', webhook.tenantId),
    lane,
    attempt,
    latenessMs,
    durationMs: outcome.durationMs,
    ...(outcome.kind === 'response' ? { responseStatus: outcome.status } : { error: outcome.code }),
    decision: decision.kind,
    ...(decision.kind === 'retry' && { retryInMs: decision.delayMs }),
    ...((decision.kind === 'failed' || decision.kind === 'dropped') && { reason: decision.reason }),
    ...(traceContext && { traceId: traceIdOf(traceContext) }),
  };
}

function outcomeLabel(outcome: SentOutcome): string {
  return outcome.kind === 'response' ? `${Math.floor(outcome.status / 100)}xx` : outcome.code;
}

function attemptLabel(attempt: number): string {
  return attempt > MAX_ATTEMPT_LABEL ? `>${MAX_ATTEMPT_LABEL}` : String(attempt);
}
