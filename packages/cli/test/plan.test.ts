import { describe, expect, it } from '@jest/globals';
import type { Posthorn } from '@posthorn/sdk';
import { authWithReference } from '../src/configuration/auth.js';
import { planChanges } from '../src/configuration/plan.js';
import type { Current } from '../src/configuration/read-current.js';
import type { ConfiguredWebhook } from '../src/configuration/schema.js';
import { unchecked } from '../src/command/options.js';

const WEBHOOK = { externalId: 'one', url: 'https://a.example/', eventTypes: ['a.b'] };

const current = (fields: Partial<ConfiguredWebhook> = {}): Current => ({
  configuration: {
    version: 1,
    eventTypes: [{ name: 'a.b' }],
    tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...fields }] }],
  },
  hasEgress: true,
  tenants: [unchecked({ id: 'ten_1' })],
  webhooks: [[unchecked({ id: 'wh_1' })]],
});

const plan = (fields: Partial<ConfiguredWebhook>, present: Partial<ConfiguredWebhook> = {}) =>
  planChanges(
    { version: 1, tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...fields }] }] },
    current(present),
    { prune: false, env: { SECRET: 'from env' } },
  ).map((change) => change.fields);

describe('a file with defaults', () => {
  it('does not differ from an installation without these settings', () => {
    const file = {
      version: 1,
      eventTypes: [{ name: 'a.b', searchKeys: [] }],
      tenants: [
        {
          name: 'A',
          tags: [],
          metadata: {},
          quotas: {},
          webhooks: [
            { ...WEBHOOK, headers: {}, tags: [], metadata: {}, maxInFlight: 100, timeoutMs: 10_000 },
          ],
        },
      ],
    } as const;
    const configuration = structuredClone(file) as unknown as Current['configuration'];
    expect(planChanges(configuration, current(), { prune: true, env: {} })).toEqual([]);
  });

  it('does not differ by the order of tags', () => {
    expect(plan({ tags: ['b', 'a'] }, { tags: ['a', 'b'] })).toEqual([]);
    expect(plan({ tags: ['b'] }, { tags: ['a', 'b'] })).toEqual([
      [{ name: 'tags', before: ['a', 'b'], after: ['b'] }],
    ]);
  });

  it('removes the settings that the installation has', () => {
    expect(plan({ headers: {}, metadata: {} }, { headers: { 'x-a': 'b' }, metadata: { a: 1 } })).toEqual([
      [
        { name: 'headers', before: ['x-a'], after: null },
        { name: 'metadata', before: { a: 1 }, after: null },
      ],
    ]);
  });
});

describe('a webhook that is read with its feed', () => {
  const pull = { delivery: 'pull', url: undefined } as const;

  it('is exported and compared without a URL', () => {
    expect(plan(pull, pull)).toEqual([]);
    expect(plan({ delivery: 'push' })).toEqual([]);
  });

  it('is updated with the way in which it gets its events, never with null', async () => {
    const bodies: unknown[] = [];
    const api = unchecked<Posthorn>({
      webhooks: { update: (_id: string, body: unknown) => bodies.push(body) },
    });
    const file = (fields: object) => ({
      version: 1 as const,
      tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...fields }] }],
    });
    for (const [wanted, present] of [
      [pull, {}],
      [{}, pull],
    ]) {
      const [change] = planChanges(file(wanted ?? {}), current(present), { prune: false, env: {} });
      await change?.apply(api);
    }
    expect(bodies).toEqual([
      { delivery: 'pull', url: undefined, externalId: 'one', eventTypes: ['a.b'] },
      { delivery: 'push', url: WEBHOOK.url, externalId: 'one', eventTypes: ['a.b'] },
    ]);
  });
});

describe('the authentication of a webhook', () => {
  const oauth = { type: 'oauth2', tokenUrl: 'https://login.example/', clientId: 'a' } as const;
  const shown = { ...oauth, scopes: [], audience: null, clientAuthentication: 'client_secret_basic' };
  const present = { auth: authWithReference(shown, (name) => name) };
  const inFile = { auth: { ...oauth, clientSecret: { env: 'SECRET' } } };

  it('differs if anything but its secret does', () => {
    expect(present.auth).toEqual({ ...oauth, clientSecret: { env: 'client_Secret' } });
    expect(plan(inFile, present)).toEqual([]);
    expect(plan({ auth: { ...inFile.auth, scopes: ['b'] } }, present)).toMatchObject([
      [{ name: 'auth', before: { scopes: [] }, after: { scopes: ['b'] } }],
    ]);
    expect(plan({}, present)).toMatchObject([[{ name: 'auth', after: null }]]);
  });

  it('is set with the secret that the environment has', async () => {
    const bodies: unknown[] = [];
    const api = unchecked<Posthorn>({
      webhooks: { update: async (_id: string, body: object) => void bodies.push(body) },
    });
    const wanted = { version: 1 as const, tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...inFile }] }] };
    const [change] = planChanges(wanted, current(), { prune: false, env: { SECRET: 'from env' } });
    await change?.apply(api);
    expect(bodies).toMatchObject([{ auth: { ...oauth, clientSecret: 'from env' } }]);
    expect(JSON.stringify(change?.fields)).not.toContain('from env');
  });
});

const planEventType = (inFile: object, present: object) => {
  const { configuration, ...others } = current({});
  const file = { version: 1 as const, eventTypes: [{ name: 'a.b', ...inFile }] };
  const installation = { ...configuration, eventTypes: [{ name: 'a.b', ...present }] };
  const options = { prune: false, env: {} };
  return planChanges(file, { configuration: installation, ...others }, options).flatMap(
    ({ fields }) => fields,
  );
};

describe('the ordering pointer of an event type', () => {
  it('is set and removed', () => {
    const pointer = { orderingPointer: '/order/id' };
    expect(planEventType(pointer, pointer)).toEqual([]);
    expect(planEventType(pointer, {})).toEqual([
      { name: 'orderingPointer', before: null, after: '/order/id' },
    ]);
    expect(planEventType({}, pointer)).toEqual([
      { name: 'orderingPointer', before: '/order/id', after: null },
    ]);
  });
});

describe('the retention of an event type', () => {
  it('is set and reset', () => {
    const kept = { retention: { payloadDays: 7 } };
    expect(planEventType(kept, kept)).toEqual([]);
    expect(planEventType(kept, {})).toEqual([{ name: 'retention', before: null, after: { payloadDays: 7 } }]);
    expect(planEventType({ retention: {} }, {})).toEqual([]);
    expect(planEventType({}, kept)).toEqual([{ name: 'retention', before: { payloadDays: 7 }, after: null }]);
  });
});

const creationOf = (fields: object, env = {}) =>
  planChanges(
    { version: 1, tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, externalId: 'new', ...fields }] }] },
    current(),
    { prune: false, env },
  );

describe('a new webhook', () => {
  it('gets a new secret only if the file says so, and the plan shows it', () => {
    expect(() => creationOf({})).toThrow(
      'tenant A: webhook new: The webhook is new and has no secret. Set secret: {env: NAME}',
    );
    expect(() => creationOf({ secret: { env: 'A_NEW_SECRET' } })).toThrow(
      'tenant A: webhook new: The environment variable A_NEW_SECRET is not set',
    );
    expect(creationOf({ secret: { env: 'A_NEW_SECRET' } }, { A_NEW_SECRET: 'x' })).toMatchObject([
      { action: 'create', fields: [] },
    ]);
    expect(creationOf({ secret: { generate: true } })).toMatchObject([
      { fields: [{ name: 'secret', before: null, after: 'generated' }], generatesSecret: true },
    ]);
  });
});

describe('a shadow', () => {
  it.each([
    [{}, {}, []],
    [{}, { shadow: true }, []],
    [{ shadow: true }, { shadow: true }, []],
    [{ shadow: false }, {}, []],
    [{ shadow: true }, {}, [[{ name: 'shadow', before: false, after: true }]]],
    [{ shadow: false }, { shadow: true }, [[{ name: 'shadow', before: true, after: false }]]],
  ])('of the file %j differs from %j by %j', (wanted, present, changes) => {
    expect(plan(wanted, present)).toEqual(changes);
  });
});
