import { describe, expect, it } from '@jest/globals';
import { EVENT_TYPE_SETTINGS, TENANT_SETTINGS, WEBHOOK_SETTINGS } from '../src/generated/settings.js';
import { type TenantDetails } from '../src/pages/tenants/tenant.js';
import { toChanges, toFormValues } from '../src/pages/tenants/tenant-form-values.js';
import { settingFields, settingValues } from '../src/settings/setting-fields.js';
import type { SettingRow } from '../src/settings/setting-row.js';
import { valueOf } from './setting-value.js';

const ROWS: [string, string, SettingRow][] = Object.entries({
  webhooks: WEBHOOK_SETTINGS,
  tenants: TENANT_SETTINGS,
  'event types': EVENT_TYPE_SETTINGS,
}).flatMap(([resource, rows]) =>
  Object.entries<SettingRow>(rows).map(([name, row]): [string, string, SettingRow] => [resource, name, row]),
);

/** What is sent for a setting without a value, except null or an empty list. */
const DEFAULTS: Record<string, unknown> = {
  retrySchedule: [5, 300, 1800, 7200, 18_000, 36_000, 36_000],
  timeoutMs: 10_000,
  maxInFlight: 100,
  autoSuspendAfterDays: 5,
  ordering: 'none',
  onExhausted: 'skip',
  maxBlockedMinutes: 4320,
  sequence: false,
};

describe.each(ROWS)('a form of %s: the setting %s', (_resource, name, row) => {
  const sent = (value: unknown) => {
    const fields = settingFields({ [name]: row }, { [name]: value });
    return settingValues<Record<string, unknown>>({ [name]: row }, fields)[name];
  };

  it('is sent as it was read', () => {
    expect(sent(valueOf(row))).toEqual(valueOf(row));
  });

  it('without a value is sent as its default', () => {
    const none = row.kind === 'list' ? [] : null;
    expect(sent(row.default)).toEqual(DEFAULTS[name] ?? none);
  });
});

describe('the form of a tenant', () => {
  const tenant = {
    name: 'Acme',
    ...Object.fromEntries(
      Object.entries<SettingRow>(TENANT_SETTINGS).map(([name, row]) => [name, row.default]),
    ),
    quotas: { webhooks: null, apiKeys: 5, portalLinks: null, eventsPerSecond: null, eventBytes: null },
    retention: { payloadDays: null, historyDays: 7 },
    deliveryFormat: null,
  } as unknown as TenantDetails;

  it('sends only what was changed', () => {
    const before = toFormValues(tenant);
    expect(toChanges(before, before)).toEqual({ quotas: {} });
    const changed = { ...before, timeZone: 'UTC', tags: ['gold'], quotas: { ...before.quotas, apiKeys: '' } };
    expect(toChanges(changed, before)).toEqual({
      timeZone: 'UTC',
      tags: ['gold'],
      quotas: { apiKeys: null },
    });
  });
});

it('a schema without conditions stays one', () => {
  const fields = settingFields(EVENT_TYPE_SETTINGS, { schema: {} });
  expect(settingValues(EVENT_TYPE_SETTINGS, fields)).toMatchObject({ schema: {} });
});
