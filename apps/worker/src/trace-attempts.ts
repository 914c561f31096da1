import { type Decision, encodeId, type Lane, parseUrl, type SentOutcome } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database';
import { failSpan, type Tracing } from '@posthorn/runtime';

export interface BegunAttempt {
  loaded: LoadedDelivery;
  lane: Lane;
  /** When the worker took the job. */
  takenAt: Date;
  startedAt: Date;
}

/** The spans of one attempt: of the job, and of the request to the receiver in it. One that sends nothing ends nothing. */
export interface AttemptTrace {
  /** What the receiver is told, if anything. */
  traceparent: string | null;
  answered(outcome: SentOutcome): void;
  decided(decision: Decision): void;
}

export type TraceAttempt = (attempt: BegunAttempt) => AttemptTrace | null;

export interface AttemptTracing {
  tracing: Tracing | null;
  /** Whether receivers are told the trace. */
  tellReceivers: boolean;
}

/** For deliveries of events whose trace is recorded: the same trace at every attempt, hours later, too. */
export function createAttemptTracer({ tracing, tellReceivers }: AttemptTracing): TraceAttempt {
  if (!tracing) return () => null;
  return ({ loaded, lane, takenAt, startedAt }) => {
    const { delivery, webhook, traceContext } = loaded;
    if (traceContext === null) return null;
    const job = tracing.startSpan({
      name: 'process deliveries',
      kind: 'consumer',
      parent: traceContext,
      startedAt: takenAt,
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
      traceparent: tellReceivers ? tracing.contextOf(request).traceparent : null,
      answered(outcome) {
        if (outcome.kind === 'response') request.setAttribute('http.response.status_code', outcome.status);
        if (outcome.kind === 'failure') failSpan(request, outcome.code);
        else if (outcome.status >= 400) failSpan(request, String(outcome.status));
        request.end();
      },
      decided(decision) {
        job.setAttribute('posthorn.delivery.decision', decision.kind);
        if (decision.kind === 'retry') job.setAttribute('posthorn.delivery.retry_in_ms', decision.delayMs);
        if (decision.kind === 'failed') failSpan(job, decision.reason);
        job.end();
      },
    };
  };
}

/** Neither the path nor the query: they may hold what only the receiver is to know. */
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
