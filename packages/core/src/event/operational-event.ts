import { encodeId } from '../ids/ids.js';
import type { AuditAction } from '../audit/audit-actions.js';
import type { WebhookLifecycle } from '../webhook/lifecycle.js';

/** Events that Posthorn emits to the webhooks of a tenant that subscribe to them. */
export type OperationalEventType =
  | 'posthorn.webhook.validated'
  | 'posthorn.webhook.failing'
  | 'posthorn.webhook.recovered'
  | 'posthorn.webhook.suspended'
  | 'posthorn.delivery.blocked'
  | 'posthorn.delivery.exhausted'
  | 'posthorn.certificate.expiring'
  | `posthorn.audit.${AuditAction}`;

/** An operational event as stored in the transaction of the change that it reports. Ids are UUIDs, times RFC 3339. */
export interface OperationalEvent {
  type: OperationalEventType;
  data: Record<string, unknown>;
  at: Date;
}

/** Returns the operational events for a lifecycle transition of a webhook. */
export function lifecycleEvents(
  before: WebhookLifecycle & { id: string },
  after: WebhookLifecycle,
): OperationalEvent[] {
  const webhook = { webhookId: before.id, url: after.url };
  const events: OperationalEvent[] = [];
  const { validatedAt, suspendedAt } = after;
  if (validatedAt && validatedAt.getTime() !== before.validatedAt?.getTime()) {
    const data = { ...webhook, validatedAt: validatedAt.toISOString() };
    events.push({ type: 'posthorn.webhook.validated', data, at: validatedAt });
  }
  if (suspendedAt && before.status !== 'suspended' && after.status === 'suspended') {
    const data = {
      ...webhook,
      reason: after.suspendReason,
      suspendedBy: after.suspendedBy,
      suspendedAt: suspendedAt.toISOString(),
    };
    events.push({ type: 'posthorn.webhook.suspended', data, at: suspendedAt });
  }
  return events;
}

const ID_FIELDS = { webhookId: 'webhook', deliveryId: 'delivery', eventId: 'event' } as const;

/** Returns the data of an operational event as sent to receivers, with API ids instead of UUIDs. */
export function withApiIds(data: Record<string, unknown>): Record<string, unknown> {
  const ids = Object.entries(ID_FIELDS).flatMap(([field, kind]) => {
    const uuid = data[field];
    return typeof uuid === 'string' ? [[field, encodeId(kind, uuid)] as const] : [];
  });
  return { ...data, ...Object.fromEntries(ids) };
}
