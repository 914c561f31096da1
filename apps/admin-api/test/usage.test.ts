import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const TODAY = new Date().toISOString().slice(0, 10);
const CSV_HEADER = 'day,tenantId,tenantName,events,deliveries,attempts,bytes';

interface Tenant {
  id: string;
  client: CheckedClient;
}

async function createTenant(name: string): Promise<Tenant> {
  const { id } = (await api.admin.post('/v1/tenants', { name })).body;
  const key = { name, tenantId: id, scopes: ['admin'] };
  return { id, client: api.client((await api.admin.post('/v1/api-keys', key)).body.key) };
}

let [busy, quiet]: [Tenant, Tenant] = [
  { id: '', client: api.admin },
  { id: '', client: api.admin },
];
beforeAll(async () => {
  busy = await createTenant('busy');
  quiet = await createTenant('quiet, "inc"');
  await createActiveWebhook(busy.client, receiver);
  for (let count = 0; count < 2; count += 1)
    await busy.client.post('/v1/events', { type: 'a.b', data: { text: 'x'.repeat(500) } });
  await quiet.client.post('/v1/events', { type: 'a.b', data: {} });
});

/** Adds usage of past days. */
const addUsage = (tenantId: string, days: number) =>
  api.deps.pool.query(
    `INSERT INTO usage_day SELECT day::date, $1, 1, 2, 3, 4
     FROM generate_series(current_date - $2::integer, current_date - 1, interval '1 day') AS day`,
    [decodeId('tenant', tenantId), days],
  );

/** The text of a response in another format. */
async function rowsOf(
  query: string,
  accept = '*/*',
  key = api.adminKey,
): Promise<{ type: string | null; text: string }> {
  const response = await fetch(`${api.url}/v1/usage${query}`, {
    headers: { authorization: `Bearer ${key}`, accept },
  });
  expect(response.status).toBe(200);
  return { type: response.headers.get('content-type'), text: await response.text() };
}

describe('GET /v1/usage', () => {
  it('returns the usage of each tenant and day to a key for all tenants', async () => {
    const { status, body } = await api.admin.get('/v1/usage');
    expect(status).toBe(200);
    expect(body.nextCursor).toBeNull();
    const of = (id: string) => body.data.filter(({ tenantId }: { tenantId: string }) => tenantId === id);
    expect(of(busy.id)).toEqual([
      {
        day: TODAY,
        tenantId: busy.id,
        tenantName: 'busy',
        events: 2,
        deliveries: 2,
        attempts: 0,
        bytes: expect.any(Number),
      },
    ]);
    const { data } = (await busy.client.get('/v1/events')).body;
    const sizes = await Promise.all(
      data.map(async ({ id }: { id: string }) => {
        const deliveries = (await busy.client.get(`/v1/events/${id}/deliveries`)).body.data;
        const request = await busy.client.get(`/v1/deliveries/${deliveries[0].id}/request`);
        return Buffer.byteLength(request.body.body);
      }),
    );
    expect(of(busy.id)[0].bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(of(quiet.id)).toMatchObject([{ events: 1, deliveries: 0, attempts: 0 }]);
  });

  it('returns only its own usage to a key of a tenant', async () => {
    const { body } = await quiet.client.get('/v1/usage');
    expect(body.data).toMatchObject([{ tenantId: quiet.id, events: 1 }]);
    expect((await quiet.client.get(`/v1/usage?tenantId=${busy.id}`)).status).toBe(404);
    expect((await quiet.client.get('/v1/usage?tenantId=*')).status).toBe(403);
    expect((await rowsOf(`?format=ndjson&tenantId=${busy.id}`)).text).not.toContain(quiet.id);
  });

  it('is also that of a tenant that no longer exists', async () => {
    const { id } = await createTenant('gone');
    await addUsage(id, 1);
    const uuid = decodeId('tenant', id);
    await api.deps.pool.query('DELETE FROM api_key WHERE tenant_id = $1', [uuid]);
    await api.deps.pool.query('DELETE FROM tenant WHERE id = $1', [uuid]);
    const { body } = await api.admin.get(`/v1/usage?tenantId=${id}`);
    expect(body.data).toMatchObject([
      { tenantId: id, tenantName: null, events: 1, deliveries: 2, attempts: 3, bytes: 4 },
    ]);
  });

  it('comes in pages', async () => {
    const { id } = await createTenant('paged');
    await addUsage(id, 3);
    const days: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.admin.get(`/v1/usage?tenantId=${id}&limit=1${cursor}`);
      days.push(...body.data.map(({ day }: { day: string }) => day));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(days).toHaveLength(3);
    expect(days).toEqual(days.toSorted());
  });

  it('comes as CSV and NDJSON, by format or Accept, with all rows', async () => {
    const { id } = await createTenant('=large');
    await addUsage(id, 20);
    const query = `?tenantId=${id}&from=2000-01-01&limit=2`;
    const csv = await rowsOf(`${query}&format=csv`);
    expect(csv.type).toBe('text/csv; charset=utf-8');
    const [header, first, ...others] = csv.text.trimEnd().split('\r\n');
    expect(header).toBe(CSV_HEADER);
    // Not a formula.
    expect(first).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d,${id},'=large,1,2,3,4$`));
    expect(others).toHaveLength(19);
    expect(await rowsOf(query, 'text/csv')).toEqual(csv);
    const ndjson = await rowsOf(query, 'application/x-ndjson');
    expect(ndjson.type).toBe('application/x-ndjson');
    const lines = ndjson.text.trimEnd().split('\n');
    expect(lines).toHaveLength(20);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tenantId: id, events: 1 });
    expect((await rowsOf(query, 'application/json')).type).toBe('application/json');
    expect((await rowsOf(`${query}&to=2000-01-02&format=csv`)).text).toBe(`${CSV_HEADER}\r\n`);
  });

  it('streams more rows than are read at once', async () => {
    await api.deps.pool.query(
      `INSERT INTO usage_day SELECT date '2020-01-01', posthorn_uuidv7(), 1, 1, 1, 1 FROM generate_series(1, 12000)`,
    );
    const { text } = await rowsOf('?from=2020-01-01&to=2020-01-01&format=csv');
    const rows = text.trimEnd().split('\r\n').slice(1);
    expect(new Set(rows).size).toBe(12_000);
  });

  it('is interrupted like an export when the process stops', async () => {
    const { stopping } = api.deps;
    try {
      api.deps.stopping = AbortSignal.abort();
      await expect(rowsOf('?format=ndjson')).rejects.toThrow();
    } finally {
      api.deps.stopping = stopping;
    }
  });

  it('begins with the first day that PostgreSQL has', async () => {
    const { status, body } = await api.admin.get('/v1/usage?to=0001-01-02');
    expect({ status, rows: body.data }).toEqual({ status: 200, rows: [] });
  });

  it('is refused with a reason if it takes too long', async () => {
    const { historyPool, pool } = api.deps;
    const url = pool.options.connectionString ?? '';
    const limited = connect({ url, applicationName: 'limited', statementTimeoutMs: 300 });
    const blocker = await pool.connect();
    try {
      api.deps.historyPool = limited.pool;
      await blocker.query('BEGIN; LOCK TABLE usage_day IN ACCESS EXCLUSIVE MODE');
      const { status, body } = await api.admin.get('/v1/usage');
      expect([status, body.code]).toEqual([503, 'unavailable']);
    } finally {
      api.deps.historyPool = historyPool;
      blocker.release(true);
      await limited.stop();
    }
  });

  it.each([
    ['from=2026-02-02&to=2026-02-01', 'to', 'before_start'],
    ['from=2026-02-30', 'from', 'not_day'],
    ['from=0000-01-01', 'from', 'not_day'],
    ['to=0000-12-31', 'to', 'not_day'],
    [`cursor=${Buffer.from('0000-01-01 ').toString('base64url')}`, 'cursor', 'not_cursor'],
    ['to=2026-02-01T00:00:00Z', 'to', 'not_day'],
    ['from=2999-01-01', 'to', 'before_start'],
    ['groupBy=month', 'groupBy', 'one_of'],
    ['groupBy=', 'groupBy', 'one_of'],
    ['format=xml', 'format', 'one_of'],
    ['cursor=abc', 'cursor', 'not_cursor'],
    [`cursor=${Buffer.from('2026-02-30 ').toString('base64url')}`, 'cursor', 'not_cursor'],
    ['limit=0', 'limit', 'out_of_range'],
  ])('rejects %s', async (query, path, code) => {
    const { status, body } = await api.admin.get(`/v1/usage?${query}`);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path, code }]);
  });
});
