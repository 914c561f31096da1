import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi } from './use-api.js';

const api = useApi();

/** Texts that parsing and serializing would change, or that make the value hard to find. */
const TEXTS = [
  '{"big":1e400,"id":9007199254740993,"price":1.10,"zero":-0.0,"exact":0.1000000000000000055}',
  '{ "a" : 1 ,\n\t"b":[ ] }',
  '{"a":1,"a":2,"__proto__":{"x":1},"10":0,"9":0}',
  '{"text":"\\u00e9\\/\\ud800é€😀\u2028","}":"{[\\"\\\\"}',
  '{"data":{"data":"data"},"events":[{"data":1}]}',
  '{}',
];

async function bodyOf(id: string): Promise<string> {
  const { rows } = await api.deps.pool.query<{ id: string; body: string }>('SELECT body FROM event');
  return rows.map(({ body }) => body).find((body) => JSON.parse(body).id === id) ?? '';
}

/** Returns the response of `GET /v1/events/:id` as text. */
async function textOf(id: string): Promise<string> {
  const headers = { authorization: `Bearer ${api.adminKey}` };
  const response = await fetch(new URL(`/v1/events/${id}`, api.url), { headers });
  const text = await response.text();
  expect(response.headers.get('content-length')).toBe(`${Buffer.byteLength(text)}`);
  return text;
}

async function expectUnchanged(id: string, text: string): Promise<void> {
  const { timestamp } = JSON.parse(await bodyOf(id));
  expect(await bodyOf(id)).toBe(`{"id":"${id}","type":"a.b","timestamp":"${timestamp}","data":${text}}`);
  const returned = await textOf(id);
  expect(returned).toContain(`,"data":${text}}`);
  expect(JSON.parse(returned)).toMatchObject({
    id,
    type: 'a.b',
    occurredAt: timestamp,
    publishedAt: expect.any(String),
  });
}

const batchWithSpaces = (count: number) =>
  api.admin.post('/v1/events/batch', `{"events":[{"type":"a.b","data":{${' '.repeat(count)}}}]}`);

describe('the data of an event', () => {
  it.each(TEXTS)('is stored and returned as the publisher wrote it: %s', async (text) => {
    const { status, body } = await api.admin.post('/v1/events', ` {"data" : ${text}\n, "type":"a.b"}`);
    expect(status).toBe(202);
    await expectUnchanged(body.id, text);
  });

  it('of a batch is stored and returned as the publisher wrote it', async () => {
    const events = TEXTS.map((text) => `{"type":"a.b","data": ${text} }`);
    const batch = `{"events":[${['7', '{"type":"a b","data":{"x":1}}', ...events].join(' ,')}]}`;
    const { body } = await api.admin.post('/v1/events/batch', batch);
    expect(body.rejected).toHaveLength(2);
    for (const [index, { id }] of body.accepted.entries()) await expectUnchanged(id, TEXTS[index] ?? '');
  });

  it('is the last of several members with this name', async () => {
    const { body } = await api.admin.post(
      '/v1/events',
      '{"data":{"n":1},"type":"a.b","d\\u0061ta":{"n":2.0}}',
    );
    await expectUnchanged(body.id, '{"n":2.0}');
    const invalid = await api.admin.post('/v1/events', '{"data":{"n":1},"type":"a.b","data":7}');
    expect(invalid.status).toBe(422);
  });

  it('counts with its spelling toward the size of the event', async () => {
    expect((await batchWithSpaces(256 * 1024 - 200)).body.accepted).toHaveLength(1);
    expect((await batchWithSpaces(256 * 1024)).body.rejected).toMatchObject([{ code: 'payload_too_large' }]);
  });

  it('is compared by filters and schemas as double-precision numbers', async () => {
    const receiver = await api.receiver();
    const publish = async (data: string) =>
      (await api.admin.post('/v1/events', `{"type":"number.big","data":${data}}`)).body.deliveries;
    const filter = {
      properties: { id: { const: 9007199254740992 }, n: { minimum: 1e300, type: 'integer' } },
    };
    await createActiveWebhook(api.admin, receiver, { eventTypes: ['number.big'], filter });
    expect(await publish('{"id":9007199254740993}')).toBe(1);
    expect(await publish('{"id":9007199254740995}')).toBe(0);
    expect(await publish('{"n":1e400}')).toBe(1);
    expect(await publish('{"n":-1e400}')).toBe(0);

    const schema = { properties: { n: { type: 'integer' } } };
    await api.admin.post('/v1/event-types', { name: 'number.whole', schema });
    const whole = async (n: string) =>
      (await api.admin.post('/v1/events', `{"type":"number.whole","data":{"n":${n}}}`)).status;
    expect(await Promise.all(['1e2', '1.0', '1e400'].map(whole))).toEqual([202, 202, 202]);
    expect(await whole('0.5')).toBe(422);
  });
});
