import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putWebhookBody } from '@posthorn/contract';
import { fromFile } from '../src/import/from-file.js';
import { UsageError } from '../src/command/usage-error.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(name: string, text: string) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  const source = await fromFile(file, name.endsWith('csv') ? 'csv' : 'ndjson');
  const tenants = [];
  for await (const { webhooks, ...tenant } of source.tenants())
    tenants.push({ ...tenant, webhooks: await webhooks() });
  const eventTypes = [];
  for await (const eventType of source.eventTypes()) eventTypes.push(eventType);
  return { tenants, eventTypes };
}

describe('an NDJSON file', () => {
  it('has tenants, event types and webhooks in any order', async () => {
    const { tenants, eventTypes } = await read(
      'all.ndjson',
      [
        { kind: 'webhook', tenant: 'c-1', externalId: 'w-1', url: 'https://a.example/', eventTypes: ['a.b'] },
        { kind: 'tenant', externalId: 'c-1', name: 'Customer' },
        { kind: 'webhook', externalId: 'w-2', url: 'https://b.example/', eventTypes: ['*'], enabled: false },
        { kind: 'eventType', name: 'a.b', schema: { type: 'object' } },
      ]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('\n'),
    );
    expect(eventTypes).toEqual([{ name: 'a.b', schema: { type: 'object' }, notes: [] }]);
    expect(tenants).toMatchObject([
      { externalId: 'c-1', name: 'Customer', webhooks: [{ externalId: 'w-1', isEnabled: true }] },
      { externalId: null, name: 'default', webhooks: [{ externalId: 'w-2', isEnabled: false }] },
    ]);
  });

  it('has webhooks with all settings of the API', async () => {
    const settings = {
      eventTypes: ['a.b'],
      description: 'Orders',
      headers: { 'x-one': '1' },
      auth: { type: 'basic', username: 'posthorn', password: 'p' },
      deliveryFormat: { body: 'data' },
      metadata: { team: 'a' },
      tags: ['eu'],
      retrySchedule: [5, 300],
      timeoutMs: 5000,
      filter: { required: ['id'] },
      rateLimit: { limit: 50, perSeconds: 1 },
      maxInFlight: 10,
      autoSuspendAfterDays: 0,
      ordering: 'byKey',
      onExhausted: 'block',
      maxBlockedMinutes: 60,
      sequence: true,
      shadow: true,
    };
    // Imported webhooks get requests.
    const others = ['url', 'tenantId', 'secret', 'secretEncoding', 'signingKey', 'delivery'];
    expect([...Object.keys(settings), ...others].toSorted()).toEqual(
      Object.keys(putWebhookBody.shape).toSorted(),
    );
    const line = { kind: 'webhook', externalId: 'w-1', url: 'https://a.example/', ...settings };
    const { tenants } = await read('settings.ndjson', JSON.stringify(line));
    expect(tenants).toMatchObject([{ webhooks: [{ externalId: 'w-1', settings }] }]);
  });

  it.each([
    ['{', 'record 1: not valid JSON at position 1'],
    ['{"kind":"webhook"}', 'record 1: ✖'],
    ['{"kind":"tenant","externalId":"a","name":"b"}\n{"kind":"other"}', 'record 2:'],
    ['{"kind":"tenant","externalId":"a","name":"b","size":1}', 'Unrecognized key: "size"'],
  ])('%j is refused with the number of the record', async (text, message) => {
    await expect(read('wrong.ndjson', text)).rejects.toThrow(message);
  });
});

describe('a CSV file', () => {
  it('has a webhook per row', async () => {
    const { tenants } = await read(
      'webhooks.csv',
      [
        'tenant,externalId,url,eventTypes,headers,rateLimit,secret,secretEncoding,enabled',
        'c-1,w-1,https://a.example/,a.b c.d,"{""x-one"":""1""}",50/1,a-secret-with-text,text,',
        ',w-2,https://b.example/,*,,,,,no',
      ].join('\n'),
    );
    expect(tenants).toMatchObject([
      {
        externalId: 'c-1',
        name: 'c-1',
        webhooks: [
          {
            externalId: 'w-1',
            settings: {
              eventTypes: ['a.b', 'c.d'],
              headers: { 'x-one': '1' },
              rateLimit: { limit: 50, perSeconds: 1 },
            },
            secrets: [{ secret: 'a-secret-with-text', secretEncoding: 'text' }],
            isEnabled: true,
          },
        ],
      },
      { externalId: null, webhooks: [{ externalId: 'w-2', isEnabled: false, secrets: [] }] },
    ]);
  });

  it.each([
    [
      'externalId,url\na,b',
      'wrong.csv: the first row must be a header with the columns externalId, url, eventTypes',
    ],
    ['externalId,url,eventTypes,colour\na,b,c,red', 'record 1: ✖ Unrecognized key: "colour"'],
    ['externalId,url,eventTypes,headers\na,b,c,{', 'record 1: not valid JSON at position 1'],
    ['externalId,url,eventTypes,rateLimit\na,b,c,fast', 'Must have the form LIMIT/SECONDS'],
    ['externalId,url,eventTypes\na,"b', 'wrong.csv: '],
  ])('%j is refused', async (text, message) => {
    await expect(read('wrong.csv', text)).rejects.toThrow(message);
  });
});

it('a missing file is a usage error', async () => {
  await expect(fromFile(path.join(folder, 'nowhere.csv'), 'csv')).rejects.toThrow(UsageError);
});
