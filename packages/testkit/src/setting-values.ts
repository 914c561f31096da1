// A value of each setting. A row of a table without one here does not compile.
import type {
  EVENT_TYPE_SETTINGS,
  RequestedSettingsOf,
  SettingOf,
  SettingsTable,
  TENANT_SETTINGS,
  WEBHOOK_SETTINGS,
} from '@posthorn/contract';
import { createAuthority } from './certificates.js';

const { ca, issue } = createAuthority('Authority');
const client = issue('posthorn.example');

/** Another value than the default, of each setting. */
type Values<Table extends SettingsTable> = Required<{
  [Name in SettingOf<Table>]: NonNullable<RequestedSettingsOf<Table>[Name]>;
}>;

const certificates = {
  clientCertificate: { certificate: client.cert, privateKey: client.key },
  caCertificates: ca,
};

export const OF_WEBHOOK: Values<typeof WEBHOOK_SETTINGS> = {
  externalId: 'other',
  description: 'Orders',
  headers: { 'x-team': 'orders' },
  auth: { type: 'basic', username: 'posthorn', password: 'secret' },
  deliveryFormat: { body: 'data' },
  tags: ['orders'],
  metadata: { customer: '4711' },
  retrySchedule: [5],
  timeoutMs: 2000,
  filter: { required: ['amount'] },
  rateLimit: { limit: 5, perSeconds: 10 },
  maxInFlight: 7,
  autoSuspendAfterDays: 6,
  ordering: 'strict',
  onExhausted: 'block',
  maxBlockedMinutes: 60,
  sequence: true,
  ...certificates,
};

export const OF_TENANT: Values<typeof TENANT_SETTINGS> = {
  externalId: 'other',
  contactEmail: 'ops@customer.example',
  locale: 'de',
  timeZone: 'Europe/Berlin',
  tags: ['enterprise'],
  metadata: { plan: 'large' },
  quotas: { webhooks: 5 },
  retention: { payloadDays: 3 },
  deliveryFormat: { body: 'data' },
  ...certificates,
};

export const OF_EVENT_TYPE: Values<typeof EVENT_TYPE_SETTINGS> = {
  description: 'An invoice was paid',
  group: 'Invoices',
  schema: { type: 'object' },
  example: { id: 'in_1' },
  searchKeys: ['/id'],
  orderingPointer: '/id',
  redact: ['/card'],
  retention: { payloadDays: 3 },
};
