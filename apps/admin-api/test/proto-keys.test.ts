import { describe, expect, it } from '@jest/globals';
import { useApi } from './use-api.js';

const api = useApi();

const WEBHOOK = '"url":"https://a.example","eventTypes":["a.b"]';

/** Sends JSON text: an object literal with `__proto__` would set the prototype instead. */
async function send(method: string, path: string, body?: string) {
  const headers = { authorization: `Bearer ${api.adminKey}`, 'content-type': 'application/json' };
  const response = await fetch(api.url + path, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

describe('the key __proto__', () => {
  it.each([
    ['metadata', '/v1/webhooks', `{${WEBHOOK},"metadata":{"__proto__":"v"}}`],
    ['metadata', '/v1/webhooks', `{${WEBHOOK},"metadata":{"a":[{"__proto__":{}}]}}`],
    ['headers.__proto__', '/v1/webhooks', `{${WEBHOOK},"headers":{"__proto__":"v"}}`],
    ['filter', '/v1/webhooks', `{${WEBHOOK},"filter":{"properties":{"__proto__":{"type":"string"}}}}`],
    ['schema', '/v1/event-types', '{"name":"a.b","schema":{"properties":{"__proto__":{}}}}'],
    ['example', '/v1/event-types', '{"name":"a.b","example":{"__proto__":1}}'],
    ['__proto__', '/v1/event-types', '{"name":"a.b","__proto__":1}'],
  ])('is rejected in %s by POST %s', async (field, path, body) => {
    const response = await send('POST', path, body);
    expect(response).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  });

  it('is kept in the data of an event', async () => {
    const data = '{"__proto__":"v","n":{"__proto__":1}}';
    const { body } = await send('POST', '/v1/events', `{"type":"a.b","data":${data}}`);
    expect((await send('GET', `/v1/events/${body.id}`)).text).toContain(data);
  });
});

it('other names of the prototype are ordinary keys', async () => {
  const own = '{"constructor":"v","prototype":{"toString":"w"}}';
  const headers = '{"constructor":"v","prototype":"w"}';
  const created = await send('POST', '/v1/webhooks', `{${WEBHOOK},"metadata":${own},"headers":${headers}}`);
  expect(created.body).toMatchObject({
    metadata: JSON.parse(own),
    headerNames: ['constructor', 'prototype'],
  });
});
