import { describe, expect, it } from '@jest/globals';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const pathsOf = (body: { errors: { path: string }[] }) => body.errors.map(({ path }) => path).toSorted();

describe('the errors of a request', () => {
  it('come in one response: header, query and body, by schema and by meaning', async () => {
    const path = '/v1/webhooks/ext:all-errors?tenantId=nobody';
    const invalid = { url: 'ftp://a', filter: { nonsense: 1 }, secret: 'short', timeoutMs: 'fast', extra: 1 };
    const put = await api.admin.put(path, invalid);
    expect([put.status, put.body.code]).toEqual([422, 'invalid_input']);
    expect(pathsOf(put.body)).toEqual(
      ['eventTypes', 'extra', 'filter.nonsense', 'secret', 'tenantId', 'timeoutMs', 'url'].toSorted(),
    );

    const headers = { 'idempotency-key': 'ü' };
    const signingKey = { privateKey: 'none' };
    const post = { eventTypes: ['ok'], timeoutMs: 5, signingKey };
    const posted = await api.admin.post('/v1/webhooks', post, headers);
    expect(pathsOf(posted.body)).toEqual(['Idempotency-Key', 'signingKey.privateKey', 'timeoutMs', 'url']);
  });

  it('include a number that would be changed', async () => {
    const { body } = await api.admin.post('/v1/webhooks', '{"eventTypes":["a"],"metadata":{"n":1e400}}');
    expect(pathsOf(body)).toEqual(['', 'url']);
  });

  it('have a code and the values of their message', async () => {
    const { body } = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: 'a',
      timeoutMs: 5,
      maxInFlight: 1_000_000,
      retrySchedule: [],
      extra: 1,
      metadata: { n: '\0' },
    });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { path: 'eventTypes', code: 'not_an_array', params: {}, message: 'must be an array' },
        { path: 'timeoutMs', code: 'too_small', params: { limit: 1000 }, message: 'must be >= 1000' },
        {
          path: 'maxInFlight',
          code: 'too_big',
          params: { limit: expect.any(Number) },
          message: expect.any(String),
        },
        { path: 'extra', code: 'unknown_field', params: {}, message: 'is not a known field' },
        { path: 'metadata', code: 'not_storable', params: {}, message: expect.stringContaining('NUL') },
      ]),
    );
    const missing = await api.admin.post('/v1/webhooks', { url: receiver.url });
    expect(missing.body.errors).toEqual([
      { path: 'eventTypes', code: 'required', params: {}, message: 'is required' },
    ]);
  });

  it('have the code url_not_allowed if only the URL is not allowed', async () => {
    const alone = await api.admin.post('/v1/webhooks', { url: 'http://10.0.0.1', eventTypes: ['a'] });
    expect(alone.body.code).toBe('url_not_allowed');
    const both = await api.admin.post('/v1/webhooks', { url: 'http://10.0.0.1', eventTypes: [] });
    expect(both.body.code).toBe('invalid_input');
    expect(both.body.errors).toMatchObject([
      { path: 'url', code: 'url_not_allowed' },
      { path: 'eventTypes', code: 'empty' },
    ]);
  });

  it('of an event have the codes of filters', async () => {
    await api.admin.post('/v1/event-types', { name: 'strict', schema: { required: ['a', 'b'] } });
    const { body } = await api.admin.post('/v1/events', { type: 'strict', data: {} });
    expect(body.code).toBe('schema_violation');
    expect(body.errors[0]).toMatchObject({ code: 'missing_property', params: { name: '"a"' } });
  });
});

describe('a repeated query parameter', () => {
  it('is an error that names it, with all other errors', async () => {
    const { status, body } = await api.admin.get('/v1/webhooks?status=active&status=suspended&limit=0');
    expect([status, body.code]).toEqual([422, 'invalid_input']);
    expect(body.errors).toMatchObject([
      { path: 'status', code: 'repeated', params: {}, message: 'must not be repeated' },
      { path: 'limit', code: 'out_of_range', params: { min: 1, max: 200 } },
    ]);
  });

  it('is a list if the parameter takes one', async () => {
    const first = await createWebhook(api.admin, receiver);
    const second = await createWebhook(api.admin, receiver);
    const path = `/v1/stats/webhooks?webhookIds=${first.id}&webhookIds=${second.id}`;
    const { status, body } = await api.admin.get(path);
    expect(status).toBe(200);
    expect(body.data.map(({ webhookId }: { webhookId: string }) => webhookId)).toEqual([first.id, second.id]);
    expect((await api.admin.get('/v1/deliveries?status=held&status=failed&responseStatus=429')).status).toBe(
      200,
    );
    const wrong = await api.admin.get('/v1/deliveries?status=held&status=gone&responseStatus=600');
    expect(pathsOf(wrong.body)).toEqual(['responseStatus', 'status']);
  });
});
