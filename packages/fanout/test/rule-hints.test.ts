import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId, searchDigest } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { type PublishResult, type Acceptor, createAcceptor } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

let acceptor: Acceptor;
/** The statements of the current publish. */
let statements: ('read rules' | 'commit')[] = [];

beforeEach(() => {
  const hotPathPool = {
    options: database.pool.options,
    query(statement: { text: string }) {
      statements.push(statement.text.includes('INSERT INTO event ') ? 'commit' : 'read rules');
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

/** Publishes one event. Returns its result and the statements that it took. */
async function publish(
  type: string,
  tenantId = DEFAULT_TENANT_ID,
): Promise<{ result: PublishResult; statements: string[] }> {
  statements = [];
  const result = await acceptor.accept({
    tenantId,
    type,
    data: { amount: 'x' },
    dataText: null,
    occurredAt: null,
    idempotencyKey: null,
    pushed: null,
  });
  return { result, statements };
}

const ONE_STATEMENT = { result: { status: 'accepted' }, statements: ['commit'] };

describe('events without rules', () => {
  it('are stored by one statement', async () => {
    expect(await publish('a.free')).toMatchObject(ONE_STATEMENT);
    expect(await publish('a.free', await database.addTenant())).toMatchObject(ONE_STATEMENT);
  });

  it('are validated as soon as their type has a schema, and until it is removed', async () => {
    await publish('a.strict');
    await database.pool.query(`INSERT INTO event_type (name, schema) VALUES ('a.strict', $1)`, [
      { properties: { amount: { type: 'number' } } },
    ]);
    const rejected = { status: 'rejected', code: 'schema_violation' };
    expect(await publish('a.strict')).toMatchObject({
      result: rejected,
      statements: ['commit', 'read rules'],
    });
    expect(await publish('a.strict')).toMatchObject({ result: rejected, statements: ['read rules'] });
    expect(await publish('a.free')).toMatchObject(ONE_STATEMENT);
    await database.pool.query(`UPDATE event_type SET schema = NULL WHERE name = 'a.strict'`);
    expect(await publish('a.strict')).toMatchObject({
      result: { status: 'accepted' },
      statements: ['read rules', 'commit'],
    });
    expect(await publish('a.strict')).toMatchObject(ONE_STATEMENT);
  });

  it('are indexed as soon as their type has search keys', async () => {
    await publish('a.searchable');
    await database.pool.query(
      `INSERT INTO event_type (name, search_keys) VALUES ('a.searchable', '{/amount}')`,
    );
    expect(await publish('a.searchable')).toMatchObject({ statements: ['commit', 'read rules', 'commit'] });
    expect(await publish('a.searchable')).toMatchObject({ statements: ['read rules', 'commit'] });
    expect(await publish('a.free')).toMatchObject(ONE_STATEMENT);
    const { rows } = await database.pool.query(`SELECT pointer FROM event_search_value WHERE digest = $1`, [
      searchDigest('x'),
    ]);
    expect(rows).toEqual([{ pointer: '/amount' }, { pointer: '/amount' }]);
  });

  it('get an ordering key as soon as their type has an ordering pointer', async () => {
    await publish('a.ordered');
    await database.pool.query(
      `INSERT INTO event_type (name, ordering_pointer) VALUES ('a.ordered', '/amount')`,
    );
    expect(await publish('a.ordered')).toMatchObject({ statements: ['commit', 'read rules', 'commit'] });
    expect(await publish('a.ordered')).toMatchObject({ statements: ['read rules', 'commit'] });
    expect(await publish('a.free')).toMatchObject(ONE_STATEMENT);
    const { rows } = await database.pool.query(
      `SELECT context FROM event WHERE type = 'a.ordered' ORDER BY id`,
    );
    const keyed = { context: { orderingKey: 'x' } };
    expect(rows).toEqual([{ context: null }, keyed, keyed]);
  });

  it('are filtered as soon as a webhook has a filter, and until it is removed', async () => {
    const tenantId = await database.addTenant();
    await database.addWebhooks(tenantId, 1);
    const setFilter = (filter: object | null) =>
      database.pool.query('UPDATE webhook SET filter = $2, filter_set_at = now() WHERE tenant_id = $1', [
        tenantId,
        filter,
      ]);
    expect(await publish('a.free', tenantId)).toMatchObject({
      result: { deliveries: 1 },
      statements: ['commit'],
    });
    await setFilter({ properties: { amount: { type: 'number' } } });
    expect(await publish('a.free', tenantId)).toMatchObject({
      result: { deliveries: 0 },
      statements: ['commit', 'read rules', 'commit'],
    });
    expect(await publish('a.free', tenantId)).toMatchObject({ statements: ['read rules', 'commit'] });
    expect(await publish('a.free')).toMatchObject(ONE_STATEMENT);
    await setFilter(null);
    expect(await publish('a.free', tenantId)).toMatchObject({ result: { deliveries: 1 } });
    expect(await publish('a.free', tenantId)).toMatchObject({
      result: { deliveries: 1 },
      statements: ['commit'],
    });
  });

  it('are accepted as soon as their tenant exists', async () => {
    const tenantId = newId();
    const rejected = { status: 'rejected', code: 'unknown_tenant' };
    expect(await publish('a.free', tenantId)).toMatchObject({ result: rejected });
    expect(await publish('a.free', tenantId)).toMatchObject({ result: rejected, statements: ['read rules'] });
    await database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
    expect(await publish('a.free', tenantId)).toMatchObject({ result: { status: 'accepted' } });
    expect(await publish('a.free', tenantId)).toMatchObject(ONE_STATEMENT);
  });
});
