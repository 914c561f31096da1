// What the imports make of the documents of other products, read over HTTP.
import { afterEach, describe, expect, it } from '@jest/globals';
import { fromConvoy } from '../src/import/from-convoy.js';
import { fromOutpost } from '../src/import/from-outpost.js';
import { fromSvix } from '../src/import/from-svix.js';
import type { ImportedWebhook, ImportSource } from '../src/import/records.js';
import { sourceApi, type SourceApi } from '../src/import/source-api.js';
import {
  convoyDocuments,
  outpostDocuments,
  SVIX_SECRET,
  svixDocuments,
} from './fixtures/source-documents.js';
import { type Documents, type SourceServer, startSourceServer } from './fixtures/source-server.js';

const URL = 'https://receiver.example/';
const TOKEN = 'token-of-the-test';

let server: SourceServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(documents: Documents): Promise<SourceApi> {
  server = await startSourceServer(documents, TOKEN);
  return sourceApi({ url: server.url, token: TOKEN });
}

/** Reads everything of a source: event types, names of tenants, and webhooks by external id. Only the `unknown` paths have no document. */
async function readAll(source: ImportSource, unknown: string[] = []) {
  const eventTypes = [];
  for await (const eventType of source.eventTypes()) eventTypes.push(eventType);
  const tenants: Record<string, string> = {};
  const webhooks: Record<string, ImportedWebhook> = {};
  for await (const tenant of source.tenants()) {
    tenants[tenant.externalId ?? 'default'] = tenant.name;
    for (const webhook of await tenant.webhooks()) webhooks[webhook.externalId] = webhook;
  }
  expect(server?.unknown).toEqual(unknown);
  return { eventTypes, tenants, webhooks };
}

it.each([
  ['Svix', (api: SourceApi) => fromSvix(api), 'tenant'],
  ['Svix', (api: SourceApi) => fromSvix(api), 'id'],
  ['Convoy', (api: SourceApi) => fromConvoy(api, 'p1'), 'id'],
  ['Outpost', (api: SourceApi) => fromOutpost(api), 'tenant'],
  ['Outpost', (api: SourceApi) => fromOutpost(api), 'id'],
] as const)('%s is not asked about an id that makes a path another one', async (_product, open, name) => {
  const source = open(await serve({}));
  for (const id of ['.', '..']) {
    const found = source.has({ tenant: 'customer-1', id: 'orders', [name]: id });
    await expect(found).rejects.toThrow(
      `The id "${id}" cannot be part of a URL, so the product is not asked about it`,
    );
  }
  expect(server?.unknown).toEqual([]);
});

describe('Svix', () => {
  it('is translated with its secrets and formats', async () => {
    const { eventTypes, tenants, webhooks } = await readAll(fromSvix(await serve(svixDocuments(URL))));
    expect(eventTypes).toEqual([
      {
        name: 'invoice.paid',
        description: 'An invoice was paid',
        group: 'billing',
        schema: { type: 'object', required: ['id'] },
        notes: [
          'only version 2 of its schema',
          'its schema is enforced: events that break it are rejected, which Svix does not do',
        ],
      },
    ]);
    expect(tenants).toEqual({ 'customer-1': 'Customer', app_2: 'Customer' });
    expect(webhooks['orders']).toEqual({
      externalId: 'orders',
      url: URL,
      settings: {
        eventTypes: ['invoice.paid'],
        description: 'Orders',
        headers: { 'x-one': '1' },
        metadata: { team: 'a' },
        rateLimit: { limit: 20, perSeconds: 1 },
        deliveryFormat: { body: 'data', signatures: ['svix'] },
      },
      hiddenHeaders: ['authorization'],
      secrets: [{ secret: SVIX_SECRET }],
      isEnabled: true,
      notes: ['the value of the header authorization is secret: set it again'],
      skip: undefined,
    });
    expect(webhooks['ep_2']).toMatchObject({ isEnabled: false, settings: { eventTypes: ['*'] } });
    expect(webhooks['ep_3']).toMatchObject({ skip: 'channels (project_1) have no counterpart' });
  });

  it('is translated from a self-hosted server, which has no transformations', async () => {
    const documents = svixDocuments(URL);
    const transformations = Object.keys(documents).filter((path) => path.endsWith('/transformation'));
    for (const path of transformations) delete documents[path];
    const { webhooks } = await readAll(fromSvix(await serve(documents)), transformations);
    expect(webhooks['orders']).toMatchObject({
      url: URL,
      secrets: [{ secret: SVIX_SECRET }],
      skip: undefined,
    });
    expect(Object.keys(webhooks)).toHaveLength(3);
  });

  it('with a wrong token or another shape fails with the URL and the reason', async () => {
    const documents = { '/api/v1/app?limit=250': { data: [{ id: 7 }], done: true } };
    const api = await serve(documents);
    const other = sourceApi({ url: server?.url ?? '', token: 'another' });
    await expect(fromSvix(other).tenants()[Symbol.asyncIterator]().next()).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/app: 401/,
    );
    await expect(fromSvix(api).tenants()[Symbol.asyncIterator]().next()).rejects.toThrow(
      /\/api\/v1\/app: unexpected response:/,
    );
  });
});

describe('Convoy', () => {
  it('is translated: owners are tenants, subscriptions event types and filters', async () => {
    const { eventTypes, tenants, webhooks } = await readAll(
      fromConvoy(await serve(convoyDocuments(URL)), 'p1'),
    );
    expect(eventTypes).toEqual([
      { name: 'order.created', description: 'An order', schema: undefined, notes: [] },
    ]);
    expect(tenants).toEqual({ 'customer-1': 'customer-1', default: 'default' });
    expect(webhooks['ep_1']).toMatchObject({
      url: URL,
      settings: {
        eventTypes: ['order.created'],
        description: 'Orders',
        headers: { 'x-key': 'k' },
        filter: { properties: { amount: { type: 'number', minimum: 100 } } },
        rateLimit: { limit: 100, perSeconds: 60 },
        timeoutMs: 30_000,
        deliveryFormat: { body: 'data', signatures: ['convoy-advanced'] },
      },
      secrets: [
        { secret: 'Vuk5LM0uujddIsqO5v_eSuz88', secretEncoding: 'text' },
        { secret: 'old-secret-of-long-ago', secretEncoding: 'text', endsAt: '2024-01-31T12:00:00Z' },
      ],
      isEnabled: true,
    });
    expect(webhooks['ep_2']).toMatchObject({
      url: URL,
      isEnabled: false,
      settings: { eventTypes: ['*'], timeoutMs: 10_000, deliveryFormat: { signatures: ['convoy'] } },
    });
    expect(webhooks['ep_3']?.skip).toBe('its filter has no exact counterpart');
    expect(webhooks['ep_4']?.skip).toBe('it has no subscription');
  });
});

describe('Outpost', () => {
  it('is translated: topics are event types, destinations webhooks', async () => {
    const { eventTypes, tenants, webhooks } = await readAll(fromOutpost(await serve(outpostDocuments(URL))));
    expect(eventTypes.map(({ name }) => name)).toEqual(['order.created', 'order.updated']);
    expect(tenants).toEqual({ 'customer-1': 'customer-1', 'customer-2': 'customer-2' });
    expect(webhooks['des_1']).toMatchObject({
      url: URL,
      settings: {
        eventTypes: ['order.created'],
        headers: { 'x-one': '1' },
        filter: { required: ['amount'] },
        metadata: { team: 'a' },
        deliveryFormat: { body: 'data', signatures: ['outpost'] },
      },
      secrets: [{ secret: 'an-outpost-secret-text', secretEncoding: 'text' }],
      isEnabled: true,
    });
    expect(webhooks['des_4']?.settings.headers).toEqual({ 'x-outpost-app-id': '42', 'x-two': '2' });
    expect(webhooks['des_2']?.skip).toBe('a destination of type aws_sqs has no counterpart');
    expect(webhooks['des_3']?.skip).toBe('a filter of time has no counterpart');
  });

  it('sends its delivery metadata as headers with the prefix of its mode', async () => {
    const source = fromOutpost(await serve(outpostDocuments(URL)), { mode: 'standard' });
    const { webhooks } = await readAll(source);
    expect(webhooks['des_4']?.settings.headers).toEqual({ 'webhook-app-id': '42', 'x-two': '2' });
  });
});
