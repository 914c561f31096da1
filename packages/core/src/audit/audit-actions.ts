import { encodeId, type IdKind } from '../ids/ids.js';

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
  'webhook.certificate_requested',
  'webhook.tested',
  'webhook.authentication_tested',
  'webhook.muted',
  'webhook.unmuted',
  'webhook.acknowledged',
  'webhook.deleted',
  'event_type.created',
  'event_type.updated',
  'event_type.deleted',
  'tenant.created',
  'tenant.updated',
  'tenant.certificate_requested',
  'tenant.exported',
  'tenant.suspended',
  'tenant.reactivated',
  'tenant.deleted',
  'tenant.restored',
  'notification_recipient.added',
  'notification_recipient.confirmed',
  'notification_recipient.unsubscribed',
  'notification_recipient.removed',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'session.created',
  'session.ended',
  'sign_in.failed',
  'person.changed',
  'payload.viewed',
  'feed.viewed',
  'rejected_events.viewed',
  'queues.viewed',
  'audit_log.exported',
  'portal_link.created',
  'portal_link.ended',
  'delivery.retried',
  'delivery.skipped',
  'replay.created',
  'replay.cancelled',
  'recovery.created',
  'recovery.cancelled',
  'maintenance.confirmed',
  'encryption_key.rotated',
  'erasure.created',
  'erasure.completed',
  'quarantine.started',
  'quarantine.released',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** The caller behind an audited change. */
export interface Actor {
  /** Null for a person and for Posthorn itself. */
  keyId: string | null;
  /** The person, signed in with single sign-on. Null for other callers. */
  personId: string | null;
  name: string;
  /** The tenant of the key, session or portal link. Null for one of all tenants and for Posthorn itself. */
  tenantId: string | null;
  /** The portal link through which the change was made; null for other callers. */
  linkId: string | null;
  /** The session of the dashboard in which the change was made; null for other callers. */
  sessionId: string | null;
  requestId: string | null;
  clientAddress: string | null;
}

/** The actor of changes that Posthorn makes itself. */
export const SYSTEM: Actor = {
  keyId: null,
  personId: null,
  name: 'system',
  tenantId: null,
  linkId: null,
  sessionId: null,
  requestId: null,
  clientAddress: null,
};

/** Kind of target by the first part of the action's name. Other targets are names, addresses or ids of no kind. */
const TARGETS: Partial<Record<string, IdKind>> = {
  webhook: 'webhook',
  feed: 'webhook',
  tenant: 'tenant',
  api_key: 'apiKey',
  session: 'apiKey',
  person: 'person',
  portal_link: 'apiKey',
  delivery: 'delivery',
  payload: 'event',
  replay: 'replay',
  recovery: 'recovery',
  erasure: 'erasure',
};

/** Returns whether the target of an action is an id. */
export const hasIdAsTarget = (action: string): boolean => TARGETS[action.split('.')[0] ?? ''] !== undefined;

/** Returns the target of an audit entry as the API shows it. */
export function encodeAuditTarget({ action, target }: { action: string; target: string }): string {
  const kind = TARGETS[action.split('.')[0] ?? ''];
  return kind === undefined ? target : encodeId(kind, target);
}
