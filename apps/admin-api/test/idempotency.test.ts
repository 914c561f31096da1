import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const key = (value: string) => ({ 'idempotency-key': value });
const webhookBody = (description: string) => ({ url: receiver.url, eventTypes: ['a.b'], description });
const webhookCount = async (description: string): Promise<number> => {
  const { rows } = await api.deps.pool.query('SELECT 1 FROM webhook WHERE description = $1', [description]);
  return rows.length;
};

describe('a POST with an Idempotency-Key', () => {
  it('is applied once and returns the same response again, including the secret', async () => {
    const first = await api.admin.post('/v1/webhooks', webhookBody('once'), key('k-once'));
    const second = await api.admin.post('/v1/webhooks', webhookBody('once'), key('k-once'));
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await webhookCount('once')).toBe(1);
  });

  it('stores the response encrypted', async () => {
    const { body } = await api.admin.post('/v1/webhooks', webhookBody('sealed'), key('k-sealed'));
    const { rows } = await api.deps.pool.query("SELECT * FROM request_idempotency WHERE key = 'k-sealed'");
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(body.secret);
    expect(JSON.stringify(rows)).not.toContain(body.id);
  });

  it('is rejected for a different request', async () => {
    await api.admin.post('/v1/webhooks', webhookBody('one'), key('k-reused'));
    for (const other of [
      api.admin.post('/v1/webhooks', webhookBody('two'), key('k-reused')),
      api.admin.post('/v1/api-keys', webhookBody('one'), key('k-reused')),
    ]) {
      const { status, body } = await other;
      expect([status, body.code]).toEqual([
        422,
        expect.stringMatching(/idempotency_key_reused|invalid_input/),
      ]);
    }
    expect(await webhookCount('two')).toBe(0);
  });

  it('is applied once for concurrent requests', async () => {
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => api.admin.post('/v1/webhooks', webhookBody('herd'), key('k-herd'))),
    );
    const statuses = new Set(responses.map(({ status }) => status));
    expect(statuses.has(201)).toBe(true);
    for (const { status, body } of responses) {
      if (status !== 201) expect([status, body.code]).toEqual([409, 'idempotency_in_progress']);
    }
    expect(await webhookCount('herd')).toBe(1);
  });

  it('is rejected while the first request is in progress', async () => {
    const slow = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, slow);
    const mayRespond = new EventEmitter();
    slow.handle(async () => {
      await once(mayRespond, 'now');
      return {};
    });
    const before = slow.requests.length;
    const test = () => api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' }, key('k-running'));
    const first = test();
    await slow.waitFor(before + 1);
    expect(await test()).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
    mayRespond.emit('now');
    expect((await first).status).toBe(200);
    const repeat = await test();
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(slow.requests).toHaveLength(before + 1);
  });

  it('returns a stored client error again', async () => {
    const path = `/v1/webhooks/${(await createActiveWebhook(api.admin, receiver)).id}/reactivate`;
    const first = await api.admin.post(path, undefined, key('k-refused'));
    const second = await api.admin.post(path, undefined, key('k-refused'));
    expect(first).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    expect(second).toMatchObject({ status: 409, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('can be corrected after invalid input', async () => {
    expect((await api.admin.post('/v1/webhooks', { url: receiver.url }, key('k-mended'))).status).toBe(422);
    expect((await api.admin.post('/v1/webhooks', webhookBody('mended'), key('k-mended'))).status).toBe(201);
  });

  it('can be corrected after invalid input that is found later than the others', async () => {
    const name = 'mended.type';
    const invalid = await api.admin.post(
      '/v1/event-types',
      { name, schema: { type: 'strin' } },
      key('k-type'),
    );
    expect(invalid).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    const schema = { type: 'object' };
    expect((await api.admin.post('/v1/event-types', { name, schema }, key('k-type'))).status).toBe(201);
  });

  it('can be retried after a server error', async () => {
    const { pool } = api.deps;
    await pool.query('ALTER TABLE webhook_subscription RENAME TO gone');
    const broken = await api.admin.post('/v1/webhooks', webhookBody('after 500'), key('k-500'));
    await pool.query('ALTER TABLE gone RENAME TO webhook_subscription');
    expect(broken).toMatchObject({ status: 500, body: { code: 'internal_error' } });
    const again = await api.admin.post('/v1/webhooks', webhookBody('after 500'), key('k-500'));
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(await webhookCount('after 500')).toBe(1);
  });

  it('takes over from a dead process, and expires after a day', async () => {
    const { pool } = api.deps;
    await api.admin.post('/v1/webhooks', webhookBody('died'), key('k-died'));
    await pool.query(`UPDATE request_idempotency SET response_status = NULL, response_sealed = NULL,
      locked_until = now() + interval '1 minute' WHERE key = 'k-died'`);
    expect((await api.admin.post('/v1/webhooks', webhookBody('died'), key('k-died'))).status).toBe(409);
    await pool.query(
      `UPDATE request_idempotency SET locked_until = now() - interval '1 second' WHERE key = 'k-died'`,
    );
    expect((await api.admin.post('/v1/webhooks', webhookBody('died'), key('k-died'))).status).toBe(201);
    await pool.query(
      `UPDATE request_idempotency SET created_at = now() - interval '25 hours' WHERE key = 'k-died'`,
    );
    const later = await api.admin.post('/v1/webhooks', webhookBody('a day later'), key('k-died'));
    expect(later.status).toBe(201);
    expect(later.headers.get('idempotency-replayed')).toBeNull();
  });

  it('belongs to the API key', async () => {
    const { body } = await api.admin.post('/v1/api-keys', {});
    await api.admin.post('/v1/webhooks', webhookBody('mine'), key('k-mine'));
    const other = await api.client(body.key).post('/v1/webhooks', webhookBody('mine'), key('k-mine'));
    expect(other.status).toBe(201);
    expect(other.headers.get('idempotency-replayed')).toBeNull();
  });

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(256)],
    ['not printable', 'a\tb'],
  ])('rejects a key that is %s', async (_name, value) => {
    const rejected = await api.admin.post('/v1/webhooks', webhookBody('bad key'), key(value));
    expect(rejected).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
  });

  it('works for a batch', async () => {
    const batch = { events: [{ type: 'a.b', data: {} }] };
    const first = await api.admin.post('/v1/events/batch', batch, key('k-batch'));
    const second = await api.admin.post('/v1/events/batch', batch, key('k-batch'));
    expect(second.body).toEqual(first.body);
  });
});

const rejected = (index: number) => ({ index, code: 'idempotency_key_reused' });

const event = { type: 'a.b', data: { n: 1 } };
const publish = (body: object | string, headers = {}) => api.admin.post('/v1/events', body, headers);
const publishBatch = (...events: object[]) => api.admin.post('/v1/events/batch', { events });
const publishText = (data: string) => publish(`{"type":"a.b","idempotencyKey":"spaced","data":${data}}`);

describe('publishing with a key', () => {
  it('publishes once, with the key in the body or in a header', async () => {
    const first = await publish({ ...event, idempotencyKey: 'event-1' });
    expect(first).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const repeats = [
      await publish({ ...event, idempotencyKey: 'event-1' }),
      await publish(event, key('event-1')),
      await publish({ ...event, idempotencyKey: 'event-1' }, key('event-1')),
    ];
    for (const repeat of repeats) {
      expect(repeat).toMatchObject({ status: 200, body: { ...first.body, duplicate: true } });
      expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    }
  });

  it('rejects another event with the key, and keeps the first one', async () => {
    const keyed = { ...event, idempotencyKey: 'other' };
    const first = await publish(keyed);
    for (const other of [{ data: { n: 2 } }, { type: 'a.c' }, { data: { n: 1.0, m: 1 } }]) {
      const { status, body } = await publish({ ...keyed, ...other });
      expect({ status, body }).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      expect(body.detail).toContain(first.body.id);
    }
    const again = await publish({ ...keyed, occurredAt: '2026-01-01T00:00:00Z' });
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
  });

  it('ignores white space between the tokens of the data, but not the order of keys', async () => {
    const first = await publishText('{"a":" 1","b":[1.0,2]}');
    const spaced = await publishText('{ "a" : " 1",\n\t"b":[ 1.0, 2 ]\r\n}');
    expect(spaced).toMatchObject({ status: 200, body: { id: first.body.id } });
    for (const other of ['{"a":"1","b":[1.0,2]}', '{"a":" 1","b":[1,2]}', '{"b":[1.0,2],"a":" 1"}'])
      expect(await publishText(other)).toMatchObject({
        status: 422,
        body: { code: 'idempotency_key_reused' },
      });
  });

  it('rejects a key in the body that differs from the header', async () => {
    const both = await publish({ ...event, idempotencyKey: 'body' }, key('header'));
    expect(both).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path: 'idempotencyKey' }] },
    });
    expect((await publish({ ...event, idempotencyKey: 'body' })).status).toBe(202);
  });

  it('returns the first event of a batch with a key as duplicate, and rejects other events with it', async () => {
    const keyed = { ...event, idempotencyKey: 'batch' };
    const other = { ...keyed, data: { n: 2 } };
    const { status, body } = await publishBatch(keyed, other, event, keyed);
    expect({ status, body }).toMatchObject({
      status: 202,
      body: {
        accepted: [
          { index: 0, duplicate: false },
          { index: 2, duplicate: false },
          { index: 3, duplicate: true, id: body.accepted[0].id },
        ],
        rejected: [rejected(1)],
      },
    });
    const again = await publishBatch(other, keyed);
    expect(again.body).toMatchObject({ accepted: [{ index: 1, duplicate: true }], rejected: [rejected(0)] });
  });
});
