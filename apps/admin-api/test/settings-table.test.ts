// A setting of a table is one everywhere: POST, PATCH, GET, audit log, entity tag, PUT and webhooks that are read with their feed.
import { describe, expect, it } from '@jest/globals';
import {
  EVENT_TYPE_SETTINGS,
  PUSH_SETTINGS,
  type SettingsTable,
  TENANT_SETTINGS,
  WEBHOOK_SETTINGS,
  type WebhookSetting,
} from '@posthorn/contract';
import { OF_EVENT_TYPE, OF_TENANT, OF_WEBHOOK } from '@posthorn/testkit/setting-values';
import { useApi } from './use-api.js';

const api = useApi();

const URL = 'https://receiver.example/hooks';

let names = 0;
const newName = (): string => `resource-${(names += 1)}`;

/** A resource with a table. */
interface Resource {
  table: SettingsTable & {
    inputs: Readonly<Record<string, { safeParse: (value: unknown) => { success: boolean } }>>;
  };
  values: Readonly<Record<string, unknown>>;
  path: string;
  /** Returns the body that creates one. */
  body: () => Record<string, unknown>;
  /** The member of a response that names one in its path, and in the audit log. */
  id: 'id' | 'name';
  action: string;
  hasEntityTag: boolean;
}

const WEBHOOKS: Resource = {
  table: WEBHOOK_SETTINGS,
  values: OF_WEBHOOK,
  path: '/v1/webhooks',
  body: () => ({ externalId: newName(), url: URL, eventTypes: ['a'] }),
  id: 'id',
  action: 'webhook.updated',
  hasEntityTag: true,
};

const TENANTS: Resource = {
  table: TENANT_SETTINGS,
  values: OF_TENANT,
  path: '/v1/tenants',
  body: () => ({ externalId: newName(), name: newName() }),
  id: 'id',
  action: 'tenant.updated',
  hasEntityTag: true,
};

const EVENT_TYPES: Resource = {
  table: EVENT_TYPE_SETTINGS,
  values: OF_EVENT_TYPE,
  path: '/v1/event-types',
  body: () => ({ name: newName() }),
  id: 'name',
  action: 'event_type.updated',
  hasEntityTag: false,
};

/** What a response shows a setting in. */
const memberOf = (name: string): string => (name === 'headers' ? 'headerNames' : name);

async function create({ path, body, id }: Resource, settings = {}) {
  const requested: Record<string, unknown> = { ...body(), ...settings };
  const created = await api.admin.post(path, requested);
  expect(created.status).toBe(201);
  return { ...created, requested, path: `${path}/${created.body[id]}` };
}

const rowsOf = (resource: Resource) => resource.table.names.map((name) => ({ resource, name }));

const newValue = ({ values }: Resource, name: string) => (name === 'externalId' ? newName() : values[name]);

describe.each([...rowsOf(WEBHOOKS), ...rowsOf(TENANTS), ...rowsOf(EVENT_TYPES)])(
  'the setting $name of $resource.path',
  ({ resource, name }) => {
    it('is stored, shown, audited and in the entity tag', async () => {
      const { path, body: before, headers } = await create(resource);
      const changed = await api.admin.patch(path, { [name]: newValue(resource, name) });
      expect(changed.status).toBe(200);
      expect(changed.body[memberOf(name)]).not.toEqual(before[memberOf(name)]);
      const read = await api.admin.get(path);
      expect(read.body).toEqual(changed.body);
      if (resource.hasEntityTag) expect(read.headers.get('etag')).not.toBe(headers.get('etag'));

      const entries = await api.admin.get(`/v1/audit-entries?target=${before[resource.id]}&limit=1`);
      const [entry] = entries.body.data;
      expect(entry).toMatchObject({ action: resource.action });
      expect(entry.after[name]).not.toEqual(entry.before[name]);

      const { inputs, defaults } = resource.table;
      const none = inputs[name]?.safeParse(null).success ? null : defaults[name];
      const reset = await api.admin.patch(path, { [name]: none });
      const expected = name === 'externalId' ? null : before[memberOf(name)];
      expect(reset.body[memberOf(name)]).toEqual(expected);
    });

    it('is set when it is created', async () => {
      const value = newValue(resource, name);
      const { body } = await create(resource, { [name]: value });
      const { path } = await create(resource);
      const { body: changed } = await api.admin.patch(path, { [name]: newValue(resource, name) });
      if (name === 'externalId') expect(body.externalId).toBe(value);
      else expect(body[memberOf(name)]).toEqual(changed[memberOf(name)]);
    });
  },
);

describe.each([...rowsOf(WEBHOOKS), ...rowsOf(TENANTS)])(
  'a PUT without the setting $name of $resource.path',
  ({ resource, name }) => {
    const isReplaced = resource.table.replaced.includes(name);
    it(isReplaced ? 'resets it' : 'leaves it as it is', async () => {
      const { path, requested } = await create(resource);
      const { body: changed } = await api.admin.patch(path, { [name]: newValue(resource, name) });
      const { externalId: _id, ...required } = requested;
      const { status, body } = await api.admin.put(`${resource.path}/ext:${changed.externalId}`, required);
      expect(status).toBe(200);
      expect(body[memberOf(name)]).toEqual(
        isReplaced ? (await create(resource)).body[memberOf(name)] : changed[memberOf(name)],
      );
    });
  },
);

describe.each(WEBHOOK_SETTINGS.names)('the setting %s', (name: WebhookSetting) => {
  const appliesToPull = !PUSH_SETTINGS.includes(name);
  it(`${appliesToPull ? 'applies' : 'does not apply'} to a webhook that is read with its feed`, async () => {
    const pull = { delivery: 'pull', eventTypes: ['a'], [name]: newValue(WEBHOOKS, name) };
    const { status, body } = await api.admin.post('/v1/webhooks', pull);
    if (appliesToPull) expect(status).toBe(201);
    else expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path: name })]]);

    const { path, body: before } = await create(WEBHOOKS);
    const { body: changed } = await api.admin.patch(path, { [name]: newValue(WEBHOOKS, name) });
    const { body: moved } = await api.admin.patch(path, { delivery: 'pull' });
    const expected = appliesToPull ? changed : before;
    expect(moved[memberOf(name)]).toEqual(expected[memberOf(name)]);
  });
});
