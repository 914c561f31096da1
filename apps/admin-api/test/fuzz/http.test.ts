import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVENT_STREAM, openApiDocument } from '@posthorn/contract';
import { fuzzRuns } from '@posthorn/testkit';
import * as fc from 'fast-check';
import { startApi, type TestApi } from '../start-api.js';
import {
  type Answered,
  answerChecker,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  resolverOf,
} from './contract.js';
import { type FuzzedRequest, requestOf } from './request-arbitrary.js';

/** No call takes longer, even on a slow machine. */
const LONGEST_MS = 60_000;

/** Concurrent requests. */
const AT_ONCE = 8;

const document: OpenApiDocument = JSON.parse(JSON.stringify(openApiDocument('fuzz')));
const resolve = resolverOf(document);
const faultOf = answerChecker(document);

let api: TestApi;
/** Ids of existing resources, collected from responses. */
const ids = new Set<string>(['wh_00000000000000000000000000', 'default', 'order.paid', 'x'.repeat(300)]);
/** The key of this test must not be revoked. */
let ownId = '';

beforeAll(async () => {
  api = await startApi({
    sender: {
      send: () =>
        Promise.resolve({
          kind: 'response',
          status: 200,
          body: '{}',
          headers: null,
          retryAfter: null,
          durationMs: 1,
        }),
    },
  });
  ownId = (await api.admin.get('/v1/api-keys')).body.data[0].id;
  await api.admin.post('/v1/tenants', { name: 'one' });
  await api.admin.post('/v1/webhooks', { url: 'http://127.0.0.1:1/', eventTypes: ['*'] });
  await api.deps.pool.query(
    "UPDATE webhook SET status = 'active', active_since = now(), validated_at = now()",
  );
  await api.admin.post('/v1/events', { type: 'order.paid', data: {} });
  for (const list of ['webhooks', 'events', 'deliveries', 'api-keys', 'tenants']) {
    learn(JSON.stringify((await api.admin.get(`/v1/${list}`)).body));
  }
});
afterAll(() => api.close(), 120_000);

function learn(text: string): void {
  for (const [id] of text.matchAll(/\b[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}\b/g)) {
    if (id !== ownId && ids.size < 500) ids.add(id);
  }
}

const known = fc.nat().map((index) => [...ids][index % ids.size] ?? '');

async function send({ method }: Operation, { path, headers, body }: FuzzedRequest): Promise<Answered> {
  const response = await fetch(new URL(path, api.url), {
    method,
    headers: { authorization: `Bearer ${api.adminKey}`, ...headers },
    ...(body !== undefined && method !== 'GET' && { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  const text = await textOf(response);
  if (response.ok && path.startsWith('/v1/')) learn(text);
  return { status: response.status, headers: response.headers, text };
}

/** Streams never end. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith(EVENT_STREAM)) return response.text();
  await response.body?.cancel();
  return '';
}

describe('any request to', () => {
  const operations = operationsOf(document).map((operation) => ({
    name: `${operation.method} ${operation.path}`,
    operation,
  }));
  it.each(operations)('$name gets a documented response', async ({ operation }) => {
    const requests = fc.array(requestOf(operation, resolve, known), {
      minLength: 1,
      maxLength: AT_ONCE,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(requests, async (batch) => {
        const responses = await Promise.all(batch.map((request) => send(operation, request)));
        expect(
          responses.map((response) => faultOf(operation, response)).filter((fault) => fault !== null),
        ).toEqual([]);
      }),
      { numRuns: fuzzRuns(2), interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false },
    );
  });
});
