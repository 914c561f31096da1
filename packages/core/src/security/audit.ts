/** What can go on record: the kind of a thing, and what became of it. Stable, part of the API. */
export const AUDIT_ACTIONS = [
  'webhook.created',
  'webhook.updated',
  'webhook.validation_requested',
  'webhook.validated',
  'webhook.suspended',
  'webhook.reactivated',
  'webhook.secret_rotated',
  'webhook.tested',
  'webhook.deleted',
  'event_type.created',
  'event_type.updated',
  'event_type.deleted',
  'tenant.created',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'session.created',
  'session.ended',
  'portal_link.created',
  'portal_link.ended',
  'delivery.retried',
  'replay.created',
  'replay.cancelled',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who changes something, and by which request. */
export interface Actor {
  /** Null: Posthorn itself. */
  keyId: string | null;
  name: string;
  requestId: string | null;
  clientAddress: string | null;
}

/** What Posthorn does on its own account. */
export const SYSTEM: Actor = { keyId: null, name: 'system', requestId: null, clientAddress: null };
