import { patternsMatching, SYSTEM_TENANT_ID } from '@posthorn/core';
import { EMAIL_SETTING } from './set-email-enabled.js';
import { emit } from '../operational-events/emit.js';

type DeliveryEventType = 'posthorn.delivery.exhausted' | 'posthorn.delivery.blocked';

const subscribingPatterns = (type: DeliveryEventType): string =>
  patternsMatching(type)
    .map((pattern) => `'${pattern}'`)
    .join(', ');

/**
 * Returns SQL that emits an operational event for each row of `failed`: delivery_id, event_id, webhook_id, tenant_id,
 * attempts, reason, response_status, error_code, error_message. Emits nothing if neither the tenant nor the operator
 * has a subscription and no emails are sent, nor for deliveries of operational events, to prevent feedback loops.
 */
export const emitExhausted = (failed: string): string =>
  emitOfDelivery('posthorn.delivery.exhausted', { rows: failed, data: DATA });

/** Does the same for deliveries whose schedule is exhausted and that block those which follow them. Rows also need sequence and ordering_key. */
export const emitBlocked = (blocking: string): string =>
  emitOfDelivery('posthorn.delivery.blocked', {
    rows: blocking,
    // Strict order has no key.
    data: `${DATA} || jsonb_build_object('orderingKey', nullif(f.ordering_key, ''), 'sequence', f.sequence)`,
  });

/** The message of a sealed attempt is not known. */
const DATA = `jsonb_strip_nulls(jsonb_build_object(
      'deliveryId', f.delivery_id, 'eventId', f.event_id, 'eventType', e.type, 'webhookId', f.webhook_id,
      'attempts', f.attempts, 'reason', f.reason, 'lastResponseStatus', f.response_status,
      'lastError', CASE WHEN f.error_code IS NOT NULL
        THEN jsonb_build_object('code', f.error_code, 'message', coalesce(f.error_message, f.error_code)) END
    ))`;

const emitOfDelivery = (type: DeliveryEventType, { rows, data }: { rows: string; data: string }): string =>
  emit(type, {
    data,
    from: `${rows} f
  -- Looked up row by row, each in the partition of its day only.
  CROSS JOIN LATERAL (SELECT type FROM event WHERE event.id = f.event_id LIMIT 1) e
  WHERE e.type NOT LIKE 'posthorn.%'
    AND EXISTS (
      SELECT FROM webhook_subscription s WHERE s.tenant_id IN (f.tenant_id, '${SYSTEM_TENANT_ID}') AND s.pattern IN (${subscribingPatterns(type)})
      UNION ALL SELECT FROM setting WHERE key = '${EMAIL_SETTING}'
    )`,
  });
