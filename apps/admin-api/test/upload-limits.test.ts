import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { MAX_BATCH_BYTES, MAX_STRUCTURAL_CHARACTERS } from '@posthorn/contract';
import { MemoryBudget } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { BODY_MEMORY, bodyMemoryOf, memoryBytesOf } from '../src/http/body-limits.js';
import { startApi, type TestApi } from './start-api.js';

/** No upload is too slow, unless a test changes it. */
const slowestUpload = { bytes: 1, windowMs: 60_000 };

/** The memory of an upload of the maximum size, and the most of them at a time. */
const UPLOAD_MEMORY = 4 * MAX_BATCH_BYTES;
const PER_TENANT = 3;
const IN_TOTAL = 6;

let api: TestApi;
let memory: MemoryBudget;
beforeAll(async () => {
  memory = new MemoryBudget({
    ...BODY_MEMORY,
    totalBytes: ((IN_TOTAL + 0.5) * UPLOAD_MEMORY) / BODY_MEMORY.largeShare,
  });
  api = await startApi({ bodyMemory: memory, slowestUpload });
});
afterAll(() => api.close());

const uploads: ClientRequest[] = [];
afterEach(async () => {
  for (const upload of uploads.splice(0)) upload.destroy();
  await eventually(() => expect(memory.reservedBytes).toBe(0));
});

/** Starts to upload a batch of the maximum size, and sends no byte of it. */
function startUpload(key: string): ClientRequest {
  const upload = request(`${api.url}/v1/events/batch`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': MAX_BATCH_BYTES,
    },
  });
  upload.on('error', () => {});
  upload.flushHeaders();
  uploads.push(upload);
  return upload;
}

/** Starts uploads and waits until their memory is reserved. */
async function startUploads(key: string, count: number): Promise<void> {
  const expected = memory.reservedBytes + count * UPLOAD_MEMORY;
  for (let n = 0; n < count; n += 1) startUpload(key);
  await eventually(() => expect(memory.reservedBytes).toBe(expected));
}

let tenants = 0;
async function newTenantKey(): Promise<string> {
  tenants += 1;
  const { status, body } = await api.admin.post('/v1/tenants', { name: `tenant ${tenants}` });
  expect(status).toBe(201);
  return body.key;
}

const event = { type: 'a.b', data: { n: 1 } };
/** A batch of more than 3 MB. */
const largeBatch = {
  events: Array.from({ length: 30 }, () => ({ type: 'a.b', data: { text: 'x'.repeat(110_000) } })),
};

describe('uploads of one tenant', () => {
  it('are refused beyond its share, while its small events and other tenants are served', async () => {
    const [key, otherKey] = [await newTenantKey(), await newTenantKey()];
    await startUploads(key, PER_TENANT);
    const refused = await api.client(key).post('/v1/events/batch', largeBatch);
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(refused.body.detail).toMatch(/data of this tenant/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await api.client(key).post('/v1/events', event)).toMatchObject({ status: 202 });
    expect(await api.client(otherKey).post('/v1/events/batch', largeBatch)).toMatchObject({ status: 202 });
  });

  it('may be more with a key for all tenants', async () => {
    await startUploads(api.adminKey, PER_TENANT + 1);
    expect(await api.client(await newTenantKey()).post('/v1/events', event)).toMatchObject({ status: 202 });
  });

  it('leave room for the small events of every tenant when those of all tenants are refused', async () => {
    for (let n = 0; n < IN_TOTAL / 2; n += 1) await startUploads(await newTenantKey(), 2);
    const key = await newTenantKey();
    const refused = await api.client(key).post('/v1/events/batch', largeBatch);
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await api.client(key).post('/v1/events', event)).toMatchObject({ status: 202 });
  });
});

describe('an upload', () => {
  it('ends with 408 when it stalls, and holds no memory afterward', async () => {
    slowestUpload.windowMs = 100;
    const stalled = startUpload(await newTenantKey());
    const [response]: IncomingMessage[] = await once(stalled, 'response');
    expect(response?.statusCode).toBe(408);
    expect(response?.headers).toMatchObject({ connection: 'close' });
    expect(memory.reservedBytes).toBe(0);
    slowestUpload.windowMs = 60_000;
  });

  it.each([1, 2, 64])(
    'of the largest permitted batch fits into the share of one tenant of %d processes',
    (size) => {
      const { perOwnerBytes, totalBytes, largeShare } = bodyMemoryOf({ size });
      expect(perOwnerBytes).toBeLessThan(totalBytes * largeShare);
      const largest = { bytes: MAX_BATCH_BYTES, structuralCharacters: MAX_STRUCTURAL_CHARACTERS };
      expect(memoryBytesOf(largest)).toBeLessThan(perOwnerBytes * largeShare);
    },
  );

  it('without a length is refused when it becomes too large', async () => {
    const key = await newTenantKey();
    await startUploads(key, PER_TENANT);
    const chunked = await fetch(`${api.url}/v1/events/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: new Blob([JSON.stringify(largeBatch)]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(503);
  });

  it.each([
    [
      'empty events',
      `{"events":[${Array.from({ length: MAX_STRUCTURAL_CHARACTERS }, () => '{}').join(',')}]}`,
    ],
    ['numbers', `{"events":[{"a":[${'1,'.repeat(MAX_STRUCTURAL_CHARACTERS)}1]}]}`],
  ])('of too many values is 413: %s', async (_name, body) => {
    const response = await api.admin.post('/v1/events/batch', body);
    expect(response).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    expect(response.body.detail).toMatch(/characters/);
  });
});
