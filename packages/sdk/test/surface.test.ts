// Every API call has a method that makes this call.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApiDocument } from '@posthorn/contract';
import { type Receiver, startReceiver } from '@posthorn/testkit';
import { Posthorn } from '../src/index.js';

/** Calls for the dashboard only. They can still be made by path. */
const WITHOUT_METHOD = new Set([
  'createSession',
  'deleteSession',
  'finishSingleSignOn',
  'followOverview',
  'getSession',
  'getSignInOptions',
  'keepSession',
  'logOutByBackChannel',
  'startSingleSignOn',
]);

const ID = 'an-id';
/** A feed ends where it does not wait. */
const INPUT = { limit: 1, wait: 0 };

let server: Receiver;

beforeAll(async () => {
  server = await startReceiver({
    handler: ({ path }) =>
      path.includes('/export')
        ? {
            headers: { 'content-type': 'application/x-ndjson' },
            body: '{"type":"complete","cursor":"a","data":{}}\n',
          }
        : {
            headers: { 'content-type': 'application/json' },
            body: '{"data":[],"nextCursor":null,"entries":[],"last":0,"cursor":null}',
          },
  });
});

afterAll(async () => {
  await server?.close();
});

it('has a method for every API call', async () => {
  const posthorn = new Posthorn({ apiKey: 'phk_1', baseUrl: server.url });
  const { client: _client, ...resources } = posthorn;
  for (const resource of Object.values(resources)) {
    const methods = typeof resource === 'function' ? [resource] : Object.values(resource);
    for (const method of methods) await call(method as Method);
  }

  const called = new Set(server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`));
  expect([...called].toSorted()).toEqual(apiCalls().toSorted());
});

function apiCalls(): string[] {
  const { paths } = openApiDocument('test');
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, { operationId: string }>)
      .filter(([, { operationId }]) => path.startsWith('/v1/') && !WITHOUT_METHOD.has(operationId))
      .map(([method]) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, ID)}`),
  );
}

type Method = (...args: unknown[]) => AsyncIterable<unknown> | Promise<unknown>;

/** Calls a method with as many ids as it requires. */
async function call(method: Method, ...ids: string[]): Promise<void> {
  try {
    await finish(() => method(...ids, INPUT));
  } catch (error) {
    if (!(error instanceof TypeError) || ids.length === 2) throw error;
    await call(method, ...ids, ID);
  }
}

async function finish(begin: () => AsyncIterable<unknown> | Promise<unknown>): Promise<void> {
  const answer = begin();
  if (answer instanceof Promise) await answer;
  else for await (const item of answer) expect(item).toMatchObject({ type: 'complete' });
}
