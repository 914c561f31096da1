import { isJsonObject } from '@posthorn/contract';
import type { TraceContext } from '@posthorn/core';
import { RetryLater } from '@posthorn/queue';
import { failSpan, type Tracing } from '@posthorn/runtime';
import type { IngestPush } from './ingest-push.js';
import type { AnyPush } from './any-push.js';

const SYSTEMS = { queue: 'bullmq', stream: 'redis', outbox: 'postgresql' };
const DESTINATIONS = { queue: 'events', stream: 'intake', outbox: 'outbox' };

/** Adds a span for each push, when tracing is on. */
export function tracePushes(tracing: Tracing | null, ingest: IngestPush): (push: AnyPush) => Promise<void> {
  if (!tracing) return async (push) => void (await ingest(push, null));
  return async (push) => {
    const span = tracing.startSpan({
      name: `process ${DESTINATIONS[push.source]}`,
      kind: 'consumer',
      parent: parentContext(push),
      attributes: {
        'messaging.system': SYSTEMS[push.source],
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': DESTINATIONS[push.source],
        'messaging.message.id': push.id,
      },
    });
    try {
      const result = await ingest(push, tracing.contextOf(span));
      span.setAttribute('posthorn.event.result', result);
      if (result === 'rejected') failSpan(span, 'rejected');
    } catch (error) {
      if (error instanceof RetryLater) span.setAttribute('posthorn.event.result', 'delayed');
      else failSpan(span, 'unavailable');
      throw error;
    } finally {
      span.end();
    }
  };
}

/** Returns the unvalidated trace context of the payload, or else of BullMQ's telemetry. */
function parentContext({ payload, telemetry }: AnyPush): Partial<TraceContext> | null {
  return (
    contextIn(typeof payload === 'string' ? parseCarrier(payload) : payload) ??
    contextIn(parseJson(telemetry))
  );
}

/** Parses the data of a job only if it may have a trace context. */
function parseCarrier(json: string): unknown {
  return json.includes('"traceparent"') ? parseJson(json) : null;
}

function contextIn(carrier: unknown): Partial<TraceContext> | null {
  if (!isJsonObject(carrier) || typeof carrier['traceparent'] !== 'string') return null;
  const { traceparent, tracestate } = carrier;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}

function parseJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
