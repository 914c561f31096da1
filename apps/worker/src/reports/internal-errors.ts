import { Counter, LineLimiter, type Logger, type Registry } from '@posthorn/runtime';

/** What failed although no receiver is at fault: to build a request, to record an attempt, or to parse a job. */
const STEPS = ['compose', 'record', 'parse_job'] as const;

type FailedStep = (typeof STEPS)[number];

export interface InternalError {
  step: FailedStep;
  error: unknown;
  deliveryId?: string;
}

export type ReportInternalError = (failure: InternalError) => void;

const MESSAGES: Record<FailedStep, string> = {
  compose: 'a request could not be built; its attempt is recorded as failed',
  record: 'an attempt could not be recorded, retrying without its details',
  parse_job: 'a job that Posthorn cannot have added was removed from Redis',
};

/** Pause between two lines about the same step, in milliseconds. */
const LOG_INTERVAL_MS = 10_000;

interface InternalErrorsDeps {
  logger: Logger;
  registry: Registry;
  nowMs: () => number;
}

/**
 * Returns the function that reports faults of Posthorn or its operator: it counts all of them, and logs at most one error in ten
 * seconds for each step, with the number of the others as `suppressed`.
 */
export function createInternalErrorReporter({
  logger,
  registry,
  nowMs,
}: InternalErrorsDeps): ReportInternalError {
  const errors = new Counter({
    name: 'posthorn_internal_errors_total',
    help: 'Faults that concern a single delivery and no receiver, by step: compose, record or parse_job',
    labelNames: ['step'],
    registers: [registry],
  });
  // A counter that appears with its first error has no increase, which the alert is about.
  for (const step of STEPS) errors.inc({ step }, 0);
  const limiter = new LineLimiter(nowMs, LOG_INTERVAL_MS);

  return ({ step, error, deliveryId }) => {
    errors.inc({ step });
    const suppressed = limiter.admit(step);
    if (suppressed !== null) logger.error(MESSAGES[step], { deliveryId, error, suppressed });
  };
}
