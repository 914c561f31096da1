import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import { type AcceptResult, type Acceptor, createAcceptor } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

let acceptor: Acceptor;
/** What the batches have asked of PostgreSQL since the last look. */
let asked: ('rules' | 'taking')[] = [];

beforeEach(() => {
  const hotPathPool = {
    options: database.pool.options,
    query(statement: { text: string }) {
      asked.push(statement.text.includes('INSERT INTO event ') ? 'taking' : 'rules');
      return database.pool.query(statement);
    },
  } as unknown as Pool;
  acceptor = createAcceptor({
    pool: database.pool,
    hotPathPool,
    deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: (error) => {
      throw error;
    },
  });
});

/** One event, what became of it, and what was asked for it. */
async function take(
  type: string,
  tenantId = DEFAULT_TENANT_ID,
): Promise<{ result: AcceptResult; asked: string[] }> {
  asked = [];
  const result = await acceptor.accept({
    tenantId,
    type,
    data: { amount: 'x' },
    occurredAt: null,
    idempotencyKey: null,
    pushed: null,
  });
  return { result, asked };
}

const ONE_STATEMENT = { result: { status: 'accepted' }, asked: ['taking'] };

describe('events that no rule is about', () => {
  it('are taken by one statement', async () => {
    expect(await take('a.free')).toMatchObject(ONE_STATEMENT);
    expect(await take('a.free', await database.addTenant())).toMatchObject(ONE_STATEMENT);
  });

  it('obey the schema of their type from the moment that it is there, and no longer', async () => {
    await take('a.strict');
    await database.pool.query(`INSERT INTO event_type (name, schema) VALUES ('a.strict', $1)`, [
      { properties: { amount: { type: 'number' } } },
    ]);
    const refused = { status: 'rejected', code: 'schema_violation' };
    expect(await take('a.strict')).toMatchObject({ result: refused, asked: ['taking', 'rules'] });
    expect(await take('a.strict')).toMatchObject({ result: refused, asked: ['rules'] });
    expect(await take('a.free')).toMatchObject(ONE_STATEMENT);
    await database.pool.query(`UPDATE event_type SET schema = NULL WHERE name = 'a.strict'`);
    expect(await take('a.strict')).toMatchObject({
      result: { status: 'accepted' },
      asked: ['rules', 'taking'],
    });
    expect(await take('a.strict')).toMatchObject(ONE_STATEMENT);
  });

  it('obey the filter of a webhook from the moment that it is there, and no longer', async () => {
    const tenantId = await database.addTenant();
    await database.addWebhooks(tenantId, 1);
    const setFilter = (filter: object | null) =>
      database.pool.query('UPDATE webhook SET filter = $2, filter_set_at = now() WHERE tenant_id = $1', [
        tenantId,
        filter,
      ]);
    expect(await take('a.free', tenantId)).toMatchObject({ result: { deliveries: 1 }, asked: ['taking'] });
    await setFilter({ properties: { amount: { type: 'number' } } });
    expect(await take('a.free', tenantId)).toMatchObject({
      result: { deliveries: 0 },
      asked: ['taking', 'rules', 'taking'],
    });
    expect(await take('a.free', tenantId)).toMatchObject({ asked: ['rules', 'taking'] });
    expect(await take('a.free')).toMatchObject(ONE_STATEMENT);
    await setFilter(null);
    expect(await take('a.free', tenantId)).toMatchObject({ result: { deliveries: 1 } });
    expect(await take('a.free', tenantId)).toMatchObject({ result: { deliveries: 1 }, asked: ['taking'] });
  });

  it('are those of a tenant once it is there', async () => {
    const tenantId = newId();
    const refused = { status: 'rejected', code: 'unknown_tenant' };
    expect(await take('a.free', tenantId)).toMatchObject({ result: refused });
    expect(await take('a.free', tenantId)).toMatchObject({ result: refused, asked: ['rules'] });
    await database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
    expect(await take('a.free', tenantId)).toMatchObject({ result: { status: 'accepted' } });
    expect(await take('a.free', tenantId)).toMatchObject(ONE_STATEMENT);
  });
});
