import type { DeliveryResponse } from '@posthorn/contract';
import { encodeId, idTimeMs, REDACTED_VALUE } from '@posthorn/core';
import type { Attempt, DeliveryRecord } from '@posthorn/database/deliveries/prisma';
import { type FailureView, serializeFailure } from '../requests/failure.js';
import { timeOrNull } from '../http/page.js';

/** Serializes a delivery. Its id contains the time of creation. */
export function serializeDelivery(
  delivery: DeliveryRecord,
  { heldReason, hidesKey }: { heldReason: DeliveryResponse['heldReason']; hidesKey: HidesKey },
): DeliveryResponse {
  const { waitsFor } = delivery;
  return {
    id: encodeId('delivery', delivery.id),
    eventId: encodeId('event', delivery.eventId),
    eventType: delivery.eventType,
    webhookId: encodeId('webhook', delivery.webhookId),
    tenantId: encodeId('tenant', delivery.tenantId),
    status: delivery.status,
    reason: delivery.reason,
    attemptCount: delivery.attemptCount,
    held: delivery.held,
    heldReason,
    lastStatus: delivery.lastStatus,
    lastError: delivery.lastError,
    nextAttemptAt: delivery.held || waitsFor !== null ? null : timeOrNull(delivery.nextAttemptAt),
    sequence: delivery.sequence,
    orderingKey: shownOrderingKey(delivery, hidesKey),
    waitsFor: waitsFor && encodeId('delivery', waitsFor),
    canSkip: delivery.status === 'pending' && delivery.chain !== null,
    createdAt: new Date(idTimeMs(delivery.id)).toISOString(),
    settledAt: timeOrNull(delivery.settledAt),
  };
}

/** The condition that ordering keys of an event type are hidden. */
type HidesKey = (eventType: string | null) => boolean;

/** Strict order has no key. */
export function shownOrderingKey(
  { orderingKey, eventType }: Pick<DeliveryRecord, 'orderingKey' | 'eventType'>,
  hidesKey: HidesKey,
): string | null {
  if (orderingKey === null || orderingKey === '') return null;
  return hidesKey(eventType) ? REDACTED_VALUE : orderingKey;
}

export function serializeAttempt(attempt: Attempt, view: FailureView) {
  const { responseStatus, errorCode, errorMessage } = attempt;
  return {
    id: encodeId('attempt', attempt.id),
    deliveryId: encodeId('delivery', attempt.deliveryId),
    number: attempt.number,
    startedAt: attempt.startedAt.toISOString(),
    durationMs: attempt.durationMs,
    succeeded: responseStatus !== null && responseStatus >= 200 && responseStatus < 300,
    responseStatus,
    trigger: attempt.trigger,
    responseBody: attempt.responseBody,
    responseHeaders: view.seesDetails ? parseHeaders(attempt.responseHeaders) : null,
    error:
      errorCode === null ? null : serializeFailure({ code: errorCode, message: errorMessage ?? '' }, view),
  };
}

function parseHeaders(text: string | null): Record<string, string> | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only workers write the column
  return text === null ? null : (JSON.parse(text) as Record<string, string>);
}
