/** The actions recorded in the audit log, as `resource.action`. A stable part of the API. */
export const AUDIT_ACTIONS = [
  'webhook.created',
  'webhook.updated',
  'webhook.validation_requested',
  'webhook.attested',
  'webhook.validated',
  'webhook.suspended',
  'webhook.reactivated',
  'webhook.secret_rotated',
  'webhook.secret_ended',
  'webhook.signing_key_created',
  'webhook.signing_key_ended',
  'webhook.tested',
  'webhook.muted',
  'webhook.unmuted',
  'webhook.acknowledged',
  'webhook.deleted',
  'event_type.created',
  'event_type.updated',
  'event_type.deleted',
  'tenant.created',
  'tenant.updated',
  'notification_recipient.added',
  'notification_recipient.confirmed',
  'notification_recipient.unsubscribed',
  'notification_recipient.removed',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'session.created',
  'session.ended',
  'portal_link.created',
  'portal_link.ended',
  'delivery.retried',
  'delivery.skipped',
  'replay.created',
  'replay.cancelled',
  'recovery.created',
  'recovery.cancelled',
  'maintenance.confirmed',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** The caller behind an audited change. */
export interface Actor {
  /** Null for Posthorn itself. */
  keyId: string | null;
  name: string;
  /** The tenant of the key, session or portal link. Null for one of all tenants and for Posthorn itself. */
  tenantId: string | null;
  /** The portal link through which the change was made; null for other callers. */
  linkId: string | null;
  requestId: string | null;
  clientAddress: string | null;
}

/** The actor of changes that Posthorn makes itself. */
export const SYSTEM: Actor = {
  keyId: null,
  name: 'system',
  tenantId: null,
  linkId: null,
  requestId: null,
  clientAddress: null,
};
