import type { TableModel } from './table-model.js';

/** What receivers responded. An erasure of the event removes it. */
const RESPONSE = ['response_body', 'response_headers', 'error_message'] as const;

const NONE = { personal: [], impersonal: [], exported: [] } as const;

/** A table whose rows belong to the installation, and have no data of tenants. */
const OF_INSTALLATION = {
  ...NONE,
  tenant: null,
  event: null,
  purge: 'stays',
  retention: 'until-changed',
} as const;

/** A table whose rows belong to a webhook and are deleted with it. */
const OF_WEBHOOK = {
  ...NONE,
  tenant: { table: 'webhook', by: 'webhook_id' },
  event: null,
  purge: 'with-owner',
  retention: 'with-owner',
} as const;

/** What an event was published with. */
const PAYLOAD = { personal: ['body', 'deflated_body', 'context'], impersonal: [] } as const;

/** Whose data the rows of each table are, and what becomes of them. The purge, the erasure and the retention derive from it what they do. */
export const DATA_MODEL = {
  tenant: {
    tenant: 'id',
    event: null,
    personal: [
      'name',
      'external_id',
      'contact_email',
      'tags',
      'metadata',
      'proxy_sealed',
      'private_networks',
      'suspend_reason',
      'suspended_by_name',
    ],
    impersonal: ['locale', 'time_zone'],
    purge: 'statement',
    retention: 'until-changed',
    exported: ['tenant'],
  },
  api_key: {
    tenant: 'tenant_id',
    event: null,
    personal: ['name', 'portal_settings'],
    impersonal: ['key_hash', 'prefix', 'scopes', 'portal_features', 'role'],
    purge: { key: 'id' },
    retention: { cutoff: 'now' },
    exported: ['api_key', 'portal_link'],
  },
  // Operators, who are of no tenant.
  person: { ...OF_INSTALLATION, personal: ['issuer', 'subject', 'email'], retention: 'with-owner' },
  person_session: {
    ...OF_INSTALLATION,
    personal: ['sid'],
    impersonal: ['refresh_token_sealed'],
    retention: 'with-owner',
  },
  oidc_logout: {
    ...OF_INSTALLATION,
    personal: ['issuer', 'jti', 'subject', 'sid'],
    retention: { cutoff: 'now' },
  },
  event_type: {
    ...OF_INSTALLATION,
    personal: ['description', 'schema', 'example'],
    impersonal: ['name', 'group', 'search_keys', 'ordering_pointer', 'former_ordering_pointers', 'redact'],
    exported: ['event_type'],
  },
  delivery_format: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['spec'],
    impersonal: ['spec_hash'],
    purge: { key: 'id' },
    retention: { cutoff: 'now' },
  },
  webhook: {
    tenant: 'tenant_id',
    event: null,
    personal: [
      'external_id',
      'url',
      'pending_url',
      'description',
      'metadata',
      'headers_sealed',
      'auth_sealed',
      'headers_approved_origin',
      'proxy_sealed',
      'tags',
      'attested_url',
      'attested_by_name',
      'attest_reason',
      'suspend_reason',
      'suspended_by_name',
      'filter',
      'imported_id',
      'import_digests',
    ],
    impersonal: ['secrets', 'imported_from'],
    purge: 'statement',
    retention: 'until-changed',
    exported: ['webhook'],
  },
  tls_certificate: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['pem', 'key_sealed', 'details'],
    purge: { key: 'id' },
    retention: 'until-changed',
  },
  // No foreign key: the statement of webhooks deletes it.
  webhook_sequence: { ...OF_WEBHOOK, impersonal: ['history'] },
  webhook_subscription: { ...OF_WEBHOOK, tenant: 'tenant_id', impersonal: ['pattern'] },
  webhook_validation: { ...OF_WEBHOOK, personal: ['url'], impersonal: ['code_hash'] },
  webhook_token: { ...OF_WEBHOOK, impersonal: ['auth_digest', 'token_sealed', 'failure_code'] },
  webhook_mute: { ...OF_WEBHOOK, personal: ['muted_by', 'acknowledged_by'], impersonal: ['audience'] },
  webhook_minute_stats: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    impersonal: ['last_error'],
    purge: { key: 'minute, webhook_id' },
    retention: { cutoff: 'stats' },
  },
  stats_late: { ...OF_INSTALLATION, retention: 'until-done' },
  usage_day: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    purge: 'stays',
    retention: { cutoff: 'usage' },
    exported: ['usage'],
  },
  usage_late: { ...NONE, tenant: 'tenant_id', event: null, purge: 'stays', retention: 'until-done' },
  usage_progress: OF_INSTALLATION,
  event_idempotency: {
    ...NONE,
    tenant: 'tenant_id',
    event: 'event_id',
    personal: ['key', 'digest'],
    purge: { key: 'tenant_id, key' },
    // Of their generation.
    retention: 'until-done',
  },
  event_idempotency_generation: OF_INSTALLATION,
  rejected_event: {
    tenant: 'tenant_id',
    event: null,
    personal: ['message', 'payload'],
    impersonal: ['source', 'code'],
    purge: { key: 'id' },
    retention: { cutoff: 'record' },
    exported: ['rejected_event'],
  },
  request_idempotency: {
    ...NONE,
    tenant: { table: 'api_key', by: 'api_key_id' },
    event: 'event_id',
    personal: ['key', 'fingerprint', 'response_sealed'],
    purge: 'statement',
    retention: { cutoff: 'now' },
  },
  operational_event: {
    ...NONE,
    tenant: 'tenant_id',
    // In its data.
    event: null,
    personal: ['data'],
    impersonal: ['type'],
    purge: 'statement',
    retention: { cutoff: 'record' },
  },
  event_copy: {
    ...NONE,
    tenant: 'owner_id',
    event: 'subject_id',
    impersonal: ['type'],
    purge: 'statement',
    retention: { cutoff: 'payload' },
  },
  notification_recipient: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['address'],
    purge: { key: 'tenant_id, address' },
    retention: { cutoff: 'now' },
    exported: ['recipient'],
  },
  // It names no tenant.
  confirmation_limit: { ...OF_INSTALLATION, personal: ['address_hash'], retention: { cutoff: 'now' } },
  refused_import: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['external_id', 'reason', 'url'],
    impersonal: ['source'],
    purge: { key: 'tenant_id, source, external_id' },
    retention: 'until-changed',
  },
  unsubscription: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['address_hash'],
    purge: { key: 'tenant_id, address_hash' },
    retention: 'with-owner',
  },
  mailbox: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    personal: ['address', 'last_error'],
    purge: { key: 'tenant_id, address' },
    retention: { cutoff: 'now' },
  },
  notice: {
    ...NONE,
    tenant: 'owner_id',
    // In its data.
    event: null,
    personal: ['address', 'data'],
    impersonal: ['type'],
    purge: { key: 'tenant_id, address, webhook_id, type' },
    retention: 'until-done',
  },
  recovery: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    purge: { key: 'id' },
    retention: { cutoff: 'record' },
    exported: ['recovery'],
  },
  replay: {
    tenant: 'tenant_id',
    event: 'event_id',
    personal: [],
    impersonal: ['statuses', 'event_types'],
    purge: { key: 'id' },
    retention: { cutoff: 'record' },
    exported: ['replay'],
  },
  audit_entry: {
    tenant: 'tenant_id',
    event: null,
    personal: ['actor_name', 'target', 'before', 'after', 'client_address'],
    impersonal: ['action', 'request_id', 'salt', 'digest', 'hash'],
    purge: 'statement',
    retention: { cutoff: 'audit' },
    exported: ['audit_entry'],
  },
  audit_chain: { ...OF_INSTALLATION, impersonal: ['last_hash', 'dropped_hash'] },
  audit_repeat: { ...OF_INSTALLATION, personal: ['key'], retention: 'until-done' },
  erasure: {
    ...NONE,
    tenant: 'tenant_id',
    event: 'event_id',
    personal: ['digest', 'receipt_sealed'],
    impersonal: ['pointer', 'phase', 'counts', 'error'],
    purge: 'stays',
    retention: { cutoff: 'audit' },
  },
  erasure_event: {
    ...NONE,
    tenant: { table: 'erasure', by: 'erasure_id' },
    event: 'event_id',
    purge: 'stays',
    retention: 'until-done',
  },
  task_lease: { ...OF_INSTALLATION, impersonal: ['task'] },
  setting: { ...OF_INSTALLATION, impersonal: ['key', 'value'] },
  encryption_key: { ...OF_INSTALLATION, impersonal: ['purpose', 'id', 'check_sealed'] },
  payload_key: {
    ...NONE,
    tenant: 'tenant_id',
    event: null,
    impersonal: ['sealed_key'],
    purge: { key: 'id' },
    retention: 'until-done',
  },
  history_class: OF_INSTALLATION,
  event: {
    ...PAYLOAD,
    tenant: 'tenant_id',
    event: 'id',
    impersonal: ['type'],
    purge: 'statement',
    retention: { cutoff: 'payload', isPartitioned: true },
    exported: ['event'],
  },
  event_search_value: {
    ...NONE,
    tenant: 'tenant_id',
    event: 'event_id',
    personal: ['digest'],
    impersonal: ['pointer'],
    purge: { key: 'tenant_id, digest, event_id' },
    retention: { cutoff: 'payload', isPartitioned: true },
  },
  event_payload: {
    ...NONE,
    ...PAYLOAD,
    tenant: { table: 'event', by: 'event_id' },
    event: 'event_id',
    // Before their events: see erase-detached.ts.
    purge: 'with-owner',
    retention: { cutoff: 'today', isPartitioned: true },
  },
  event_payload_value: {
    ...NONE,
    tenant: 'tenant_id',
    event: 'event_id',
    personal: ['digest'],
    impersonal: ['pointer'],
    purge: { key: 'tenant_id, digest, event_id, expires_on' },
    retention: { cutoff: 'today', isPartitioned: true },
  },
  unsettled_payload: {
    ...NONE,
    ...PAYLOAD,
    tenant: { table: 'event', by: 'event_id' },
    event: 'event_id',
    purge: 'with-owner',
    retention: 'until-done',
  },
  pending_delivery: {
    tenant: 'tenant_id',
    event: 'event_id',
    personal: ['ordering_key'],
    impersonal: ['trigger'],
    purge: 'statement',
    retention: 'until-done',
    exported: ['delivery'],
  },
  settled_delivery: {
    tenant: 'tenant_id',
    event: 'event_id',
    personal: [...RESPONSE, 'ordering_key'],
    impersonal: ['reason', 'error_code', 'trigger'],
    purge: 'statement',
    retention: { cutoff: 'record', isPartitioned: true },
    exported: ['delivery', 'attempt'],
  },
  earlier_attempt: {
    tenant: 'tenant_id',
    event: 'event_id',
    personal: RESPONSE,
    impersonal: ['error_code', 'trigger'],
    purge: 'statement',
    retention: { cutoff: 'record', isPartitioned: true },
    exported: ['attempt'],
  },
} as const satisfies Record<string, TableModel>;

export type Table = keyof typeof DATA_MODEL;

/** The tables whose rows have data of single events. */
export const EVENT_TABLES: readonly string[] = Object.entries<TableModel>(DATA_MODEL).flatMap(
  ([table, { event }]) => (event === null ? [] : [table]),
);

/** The tables of which a member of the model has such a value. */
type TablesWith<Member extends keyof TableModel, Value> = {
  [T in Table]: (typeof DATA_MODEL)[T][Member] extends Value ? T : never;
}[Table];

/** Tables whose rows expire when a cutoff has passed. */
export type ExpiringTable = TablesWith<'retention', { cutoff: string }>;

/** Tables whose rows a purge deletes by their key. */
export type KeyedTable = TablesWith<'purge', { key: string }>;
