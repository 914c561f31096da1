import { isNotDeleted, isNotStopped } from '../tenancy/is-active-tenant.js';

/** Who gets notifications about a webhook: the operator, or its tenant. Each mutes them for itself. */
export type Audience = 'operator' | 'tenant';

/** Types of events that an audience does not get about an acknowledged webhook, nor about one of a suspended tenant. The others change its state. */
export const ACKNOWLEDGED_TYPES = [
  'posthorn.webhook.failing',
  'posthorn.delivery.blocked',
  'posthorn.delivery.exhausted',
] as const;

/**
 * Returns the condition that the audience gets notifications of `event`, an operational event with tenant_id, webhook_id and type: the webhook
 * is not muted and, unless the event changes its state, not acknowledged, and its tenant is active.
 */
export const isNotified = (event: string, audience: Audience): string => `NOT EXISTS (
  SELECT FROM webhook_mute m JOIN webhook w ON w.id = m.webhook_id
  WHERE m.webhook_id = ${event}.webhook_id AND m.audience = '${audience}' AND (
    m.muted_at IS NOT NULL AND coalesce(m.muted_until > now(), true)
    OR ${isAcknowledged} AND ${event}.type IN (${ACKNOWLEDGED_LIST})
  )
) AND ${isNotDeleted(event)} AND (${isNotStopped(event)} OR ${event}.type NOT IN (${ACKNOWLEDGED_LIST}))`;

const ACKNOWLEDGED_LIST = ACKNOWLEDGED_TYPES.map((type) => `'${type}'`).join(', ');

/** Condition: the state of webhook `w` that mute `m` acknowledges has not changed. */
export const isAcknowledged = `(
  m.acknowledged_at IS NOT NULL AND m.acknowledged_epoch = w.epoch AND m.acknowledged_health = w.health
  AND m.acknowledged_health_since IS NOT DISTINCT FROM w.health_since
)`;
