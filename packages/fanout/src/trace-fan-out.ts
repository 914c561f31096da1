import { encodeId, type TraceContext } from '@posthorn/core';
import { failSpan, type Tracing } from '@posthorn/runtime';
import type { Accepted, IncomingEvent } from './accept.js';

/** The span of one event on its way to the queues of its deliveries. */
export interface FanOutTrace {
  /** What is stored with the event for its deliveries; null when the trace is not recorded. */
  context: TraceContext | null;
  end(accepted: Accepted): void;
  fail(): void;
}

export function startFanOut(tracing: Tracing, { tenantId, type, trace }: IncomingEvent): FanOutTrace {
  const span = tracing.startSpan({
    name: 'send deliveries',
    kind: 'producer',
    parent: trace ?? null,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'fan-out',
      'messaging.destination.name': 'deliveries',
      'posthorn.event.type': type,
      'posthorn.tenant.id': encodeId('tenant', tenantId),
    },
  });
  return {
    context: span.isRecording() ? tracing.contextOf(span) : null,
    end(accepted) {
      span.setAttribute('posthorn.event.result', accepted.status);
      if (accepted.status === 'rejected') {
        failSpan(span, accepted.code);
      } else {
        span.setAttribute('posthorn.event.id', encodeId('event', accepted.id));
        span.setAttribute('messaging.batch.message_count', accepted.deliveries);
      }
      span.end();
    },
    fail() {
      failSpan(span, 'unavailable');
      span.end();
    },
  };
}
