import { type Decision, encodeId, type Lane, parseUrl, type SentOutcome } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import { failSpan, type Tracing } from '@posthorn/runtime';

interface AttemptToTrace {
  loaded: LoadedDelivery;
  lane: Lane;
  /** When the worker received the job. */
  receivedAt: Date;
  startedAt: Date;
}

/** The spans of one attempt: that of the job, and within it that of the request. They end only if a request is sent. */
interface AttemptTrace {
  /** The span of the request, as the header `traceparent` has it. */
  traceparent: string;
  responded(outcome: SentOutcome): void;
  decided(decision: Decision): void;
}

export type TraceAttempt = (attempt: AttemptToTrace) => AttemptTrace | null;

/** Returns a function that starts the spans of an attempt; null if the event has no trace. All attempts share its trace. */
export function createAttemptTracer(tracing: Tracing | null): TraceAttempt {
  if (!tracing) return () => null;
  return ({ loaded, lane, receivedAt, startedAt }) => {
    const { delivery, webhook, traceContext } = loaded;
    if (traceContext === null) return null;
    const job = tracing.startSpan({
      name: 'process deliveries',
      kind: 'consumer',
      parent: traceContext,
      startedAt: receivedAt,
      attributes: {
        'messaging.system': 'bullmq',
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': 'deliveries',
        'posthorn.delivery.id': encodeId('delivery', delivery.id),
        'posthorn.event.id': encodeId('event', delivery.eventId),
        'posthorn.webhook.id': encodeId('webhook', webhook.id),
        'posthorn.tenant.id': encodeId('tenant', webhook.tenantId),
        'posthorn.delivery.attempt': delivery.attemptCount + 1,
        'posthorn.delivery.lane': lane,
      },
    });
    const request = tracing.startSpan({
      name: 'POST',
      kind: 'client',
      parent: tracing.contextOf(job),
      startedAt,
      attributes: {
        'http.request.method': 'POST',
        'http.request.resend_count': delivery.attemptCount,
        ...serverOf(webhook.url),
      },
    });
    return {
      traceparent: tracing.contextOf(request).traceparent,
      responded(outcome) {
        if (outcome.kind === 'response') request.setAttribute('http.response.status_code', outcome.status);
        if (outcome.kind === 'failure') failSpan(request, outcome.code);
        else if (outcome.status >= 400) failSpan(request, String(outcome.status));
        request.end();
      },
      decided(decision) {
        job.setAttribute('posthorn.delivery.decision', decision.kind);
        if (decision.kind === 'retry') job.setAttribute('posthorn.delivery.retry_in_ms', decision.delayMs);
        if (decision.kind === 'failed' || decision.kind === 'dropped') failSpan(job, decision.reason);
        job.end();
      },
    };
  };
}

/** Omits path and query, which may contain secrets of the receiver. */
function serverOf(url: string): Record<string, string | number> {
  const parsed = parseUrl(url);
  if (!parsed) return {};
  const { hostname, port, protocol } = parsed;
  return {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'url.scheme': protocol.slice(0, -1),
  };
}
