import { encodeId } from '@posthorn/core';
import type { OnRefuse } from '@posthorn/fanout';
import { LineLimiter, type Logger } from '@posthorn/runtime';

/** Logs a warning with the number of refused events: one line per second and reason, because in an overload they are many. */
export function refusalWarning(logger: Logger, nowMs?: () => number): OnRefuse {
  const limiter = new LineLimiter(nowMs);
  return (reason, tenantId, events) => {
    const suppressed = limiter.admit(reason, events);
    if (suppressed === null) return;
    // The numbers by tenant and reason are a metric.
    logger.warn('events are refused', {
      events: events + suppressed,
      reason,
      tenantId: encodeId('tenant', tenantId),
    });
  };
}
