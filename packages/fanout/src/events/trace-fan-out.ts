import { encodeId, type TraceContext } from '@posthorn/core';
import { failSpan, type Tracing } from '@posthorn/runtime';
import type { PublishResult } from './publish-result.js';
import type { IncomingEvent } from './incoming-event.js';

/** The span that covers one event until its deliveries are committed. */
export interface FanOutTrace {
  /** Stored with the event as the parent of its deliveries' spans. Null when the trace is not recorded. */
  context: TraceContext | null;
  end(result: PublishResult): void;
  fail(): void;
}

/** Starts the span of an event, within the publisher's trace. */
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
    end(result) {
      span.setAttribute('posthorn.event.result', result.status);
      if (result.status === 'rejected') {
        failSpan(span, result.code);
      } else {
        span.setAttribute('posthorn.event.id', encodeId('event', result.id));
        span.setAttribute('messaging.batch.message_count', result.deliveries);
      }
      span.end();
    },
    fail() {
      failSpan(span, 'unavailable');
      span.end();
    },
  };
}

/** Ends the span of an event, if it has one, when its result is known. */
export async function recordResult(
  work: Promise<PublishResult>,
  trace: FanOutTrace | null | undefined,
): Promise<PublishResult> {
  if (!trace) return work;
  try {
    const result = await work;
    trace.end(result);
    return result;
  } catch (error) {
    trace.fail();
    throw error;
  }
}
