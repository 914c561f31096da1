import type { components } from '../../generated/api.js';

export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditAction = AuditEntry['action'];

/** Group and label of each action. */
const ACTIONS: Record<AuditAction, [group: string, label: string]> = {
  'webhook.created': ['Webhooks', 'Webhook created'],
  'webhook.updated': ['Webhooks', 'Webhook updated'],
  'webhook.validation_requested': ['Webhooks', 'Validation code sent'],
  'webhook.attested': ['Webhooks', 'URL attested'],
  'webhook.validated': ['Webhooks', 'Webhook validated'],
  'webhook.suspended': ['Webhooks', 'Webhook suspended'],
  'webhook.reactivated': ['Webhooks', 'Webhook reactivated'],
  'webhook.secret_rotated': ['Webhooks', 'Signing secret rotated'],
  'webhook.secret_ended': ['Webhooks', 'Signing secret ended'],
  'webhook.signing_key_created': ['Webhooks', 'Ed25519 key created'],
  'webhook.signing_key_ended': ['Webhooks', 'Ed25519 key ended'],
  'webhook.certificate_requested': ['Webhooks', 'Certificate requested'],
  'webhook.tested': ['Webhooks', 'Test event sent'],
  'webhook.authentication_tested': ['Webhooks', 'Authentication tested'],
  'webhook.muted': ['Webhooks', 'Notifications muted'],
  'webhook.unmuted': ['Webhooks', 'Notifications unmuted'],
  'webhook.acknowledged': ['Webhooks', 'State acknowledged'],
  'webhook.deleted': ['Webhooks', 'Webhook deleted'],
  'delivery.retried': ['Deliveries', 'Delivery retried'],
  'delivery.skipped': ['Deliveries', 'Delivery skipped'],
  'replay.created': ['Deliveries', 'Replay started'],
  'replay.cancelled': ['Deliveries', 'Replay cancelled'],
  'recovery.created': ['Deliveries', 'Recovery started'],
  'recovery.cancelled': ['Deliveries', 'Recovery cancelled'],
  'event_type.created': ['Event types', 'Event type created'],
  'event_type.updated': ['Event types', 'Event type updated'],
  'event_type.deleted': ['Event types', 'Event type deleted'],
  'tenant.created': ['Access', 'Tenant created'],
  'tenant.updated': ['Access', 'Tenant updated'],
  'tenant.certificate_requested': ['Access', 'Certificate requested'],
  'tenant.exported': ['Access', 'Tenant exported'],
  'tenant.suspended': ['Access', 'Tenant suspended'],
  'tenant.reactivated': ['Access', 'Tenant reactivated'],
  'tenant.deleted': ['Access', 'Tenant deleted'],
  'tenant.restored': ['Access', 'Tenant restored'],
  'notification_recipient.added': ['Access', 'Recipient added'],
  'notification_recipient.confirmed': ['Access', 'Recipient confirmed'],
  'notification_recipient.unsubscribed': ['Access', 'Recipient unsubscribed'],
  'notification_recipient.removed': ['Access', 'Recipient removed'],
  'maintenance.confirmed': ['Maintenance', 'Clock difference confirmed'],
  'encryption_key.rotated': ['Maintenance', 'Encryption key rotated'],
  'quarantine.started': ['Maintenance', 'Quarantine started'],
  'quarantine.released': ['Maintenance', 'Quarantine ended'],
  'erasure.created': ['Erasures', 'Erasure started'],
  'erasure.completed': ['Erasures', 'Erasure completed'],
  'api_key.created': ['Access', 'API key created'],
  'api_key.rotated': ['Access', 'API key rotated'],
  'api_key.revoked': ['Access', 'API key revoked'],
  'session.created': ['Access', 'Signed in'],
  'session.ended': ['Access', 'Session ended'],
  'sign_in.failed': ['Access', 'Sign-in failed'],
  'person.changed': ['Access', 'Access of a person changed'],
  'payload.viewed': ['Views and exports', 'Payload viewed'],
  'feed.viewed': ['Views and exports', 'Feed viewed'],
  'rejected_events.viewed': ['Views and exports', 'Rejected events viewed'],
  'queues.viewed': ['Views and exports', 'Queues viewed'],
  'audit_log.exported': ['Views and exports', 'Audit log exported'],
  'portal_link.created': ['Access', 'Portal link created'],
  'portal_link.ended': ['Access', 'Portal link revoked'],
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of a constant
export const AUDIT_ACTIONS = Object.keys(ACTIONS) as [AuditAction, ...AuditAction[]];

export function actionLabel(action: AuditAction): string {
  return ACTIONS[action][1];
}

/** The actions as grouped options of a select. */
export const GROUPED_ACTIONS = [...new Set(Object.values(ACTIONS).map(([group]) => group))].map((group) => ({
  group,
  items: AUDIT_ACTIONS.filter((action) => ACTIONS[action][0] === group).map((value) => ({
    value,
    label: actionLabel(value),
  })),
}));
