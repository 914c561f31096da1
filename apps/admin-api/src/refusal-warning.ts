import { encodeId } from '@posthorn/core';
import type { OnRefuse } from '@posthorn/fanout';
import type { Logger } from '@posthorn/runtime';

const INTERVAL_MS = 10_000;

/** Logs a warning that events are refused: at most every 10 s, because in an overload they are many. */
export function refusalWarning(logger: Logger, nowMs: () => number = () => performance.now()): OnRefuse {
  let nextAtMs = 0;
  let refused = 0;
  return (reason, tenantId, events) => {
    refused += events;
    const now = nowMs();
    if (now < nextAtMs) return;
    // The numbers by tenant and reason are a metric.
    logger.warn('events are refused', { events: refused, reason, tenantId: encodeId('tenant', tenantId) });
    refused = 0;
    nextAtMs = now + INTERVAL_MS;
  };
}
