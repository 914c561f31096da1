// A setting of the table is one everywhere: PATCH, GET, audit log, entity tag, PUT and webhooks that are read with their feed.
import { describe, expect, it } from '@jest/globals';
import {
  PUSH_SETTINGS,
  REPLACED_SETTINGS,
  type RequestedSettings,
  WEBHOOK_SETTING_NAMES,
  type WebhookSetting,
} from '@posthorn/contract';
import { createAuthority } from '@posthorn/testkit';
import { useApi } from './use-api.js';

const api = useApi();

const { ca, issue } = createAuthority('Authority');
const client = issue('posthorn.example');

/** Another value than the default, of each setting. */
const VALUES: Required<{ [Name in WebhookSetting]: NonNullable<RequestedSettings[Name]> }> = {
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
  clientCertificate: { certificate: client.cert, privateKey: client.key },
  caCertificates: ca,
};

const URL = 'https://receiver.example/hooks';

let names = 0;
const newName = (): string => `webhook-${(names += 1)}`;

/** What a response shows a setting in. */
const memberOf = (name: WebhookSetting): string => (name === 'headers' ? 'headerNames' : name);

async function createWebhook() {
  const externalId = newName();
  const { status, body, headers } = await api.admin.post('/v1/webhooks', {
    externalId,
    url: URL,
    eventTypes: ['a'],
  });
  expect(status).toBe(201);
  return { path: `/v1/webhooks/${body.id}`, body, tag: headers.get('etag') };
}

describe.each(WEBHOOK_SETTING_NAMES)('the setting %s', (name) => {
  const newValue = () => (name === 'externalId' ? newName() : VALUES[name]);

  it('is stored, shown, audited and in the entity tag', async () => {
    const { path, body: before, tag } = await createWebhook();
    const changed = await api.admin.patch(path, { [name]: newValue() });
    expect(changed.status).toBe(200);
    expect(changed.body[memberOf(name)]).not.toEqual(before[memberOf(name)]);
    const read = await api.admin.get(path);
    expect(read.body).toEqual(changed.body);
    expect(read.headers.get('etag')).not.toBe(tag);

    const [entry] = (await api.admin.get(`/v1/audit-entries?target=${before.id}&limit=1`)).body.data;
    expect(entry).toMatchObject({ action: 'webhook.updated' });
    expect(entry.after[name]).not.toEqual(entry.before[name]);

    const reset = await api.admin.patch(path, { [name]: null });
    const expected = name === 'externalId' ? null : before[memberOf(name)];
    expect(reset.body[memberOf(name)]).toEqual(expected);
  });

  const isReplaced = REPLACED_SETTINGS.some((each) => each === name);
  it(isReplaced ? 'is reset by a PUT without it' : 'stays at a PUT', async () => {
    const { path } = await createWebhook();
    const { body: changed } = await api.admin.patch(path, { [name]: newValue() });
    const { status, body } = await api.admin.put(`/v1/webhooks/ext:${changed.externalId}`, {
      url: URL,
      eventTypes: ['a'],
    });
    expect(status).toBe(200);
    expect(body[memberOf(name)]).toEqual(
      isReplaced ? (await createWebhook()).body[memberOf(name)] : changed[memberOf(name)],
    );
  });

  const appliesToPull = !PUSH_SETTINGS.includes(name);
  it(`${appliesToPull ? 'applies' : 'does not apply'} to a webhook that is read with its feed`, async () => {
    const pull = { delivery: 'pull', eventTypes: ['a'], [name]: newValue() };
    const { status, body } = await api.admin.post('/v1/webhooks', pull);
    if (appliesToPull) expect(status).toBe(201);
    else expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path: name })]]);

    const { path, body: before } = await createWebhook();
    const { body: changed } = await api.admin.patch(path, { [name]: newValue() });
    const { body: moved } = await api.admin.patch(path, { delivery: 'pull' });
    const expected = appliesToPull ? changed : before;
    expect(moved[memberOf(name)]).toEqual(expected[memberOf(name)]);
  });
});
