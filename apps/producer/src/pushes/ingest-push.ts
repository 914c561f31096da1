import { publishedType } from '@posthorn/contract';
import type { TraceContext } from '@posthorn/core';
import type { Rejection } from '@posthorn/database/events';
import type { PublishResult, IncomingEvent, PublishQuotas } from '@posthorn/fanout';
import { RetryLater } from '@posthorn/queue';
import type { CountEvent } from '@posthorn/runtime';
import { type AnyPush, payloadText } from './any-push.js';
import { parsePush } from './parse-push.js';
import { ownerOf } from './push-owner.js';

export interface IngestPushDeps {
  accept: (event: IncomingEvent) => Promise<PublishResult>;
  /** Returns 0, or the delay of an event whose tenant publishes more than its rate, in milliseconds. */
  delayOf: PublishQuotas['delayOfPush'];
  /** Stores a rejected push. */
  reject: (rejection: Rejection) => Promise<void>;
  count: CountEvent;
}

/**
 * Ingests one push: accepts it, or stores it with the reason for its rejection. Resolves when either is durable.
 * @throws RetryLater if its tenant publishes more than its rate
 */
export type IngestPush = (push: AnyPush, trace: TraceContext | null) => Promise<PublishResult['status']>;

export function createIngestPush({ accept, delayOf, reject, count }: IngestPushDeps): IngestPush {
  return async (push, trace) => {
    const parsed = parsePush(push);
    if (!parsed.ok) {
      await reject(toRejection(push, parsed));
      count(push.source, 'rejected');
      return 'rejected';
    }
    const delayMs = await delayOf(parsed.event, push.hasWaited ?? false);
    if (delayMs > 0) throw new RetryLater(delayMs);
    parsed.event.trace = trace;
    const accepted = await accept(parsed.event);
    count(push.source, accepted.status);
    if (accepted.status !== 'rejected') return accepted.status;
    await reject(toRejection(push, accepted));
    return 'rejected';
  };
}

function toRejection(push: AnyPush, { code, message }: { code: string; message: string }): Rejection {
  return {
    ...ownerOf(push),
    source: push.source,
    code,
    message: message.slice(0, 2000).replaceAll('\0', '\\0'),
    type: publishedType.safeParse(push.type).data ?? null,
    payload: payloadText(push),
  };
}
