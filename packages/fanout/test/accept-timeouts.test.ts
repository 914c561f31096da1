import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connect,
  type Database,
  isStatementTimeout,
  type Pool,
  retryTransient,
} from '@posthorn/database/connection';
import { createAcceptor, type IncomingEvent } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
let tenantId: string;

beforeAll(async () => {
  tenantId = await database.addTenant();
  await database.addWebhooks(tenantId, 2);
});

const DEPS = {
  deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
  onEnqueueError: () => {},
};

const startAcceptor = (hotPathPool: Pool) => createAcceptor({ ...DEPS, pool: database.pool, hotPathPool });

type Statement = { text: string; values: unknown[] };

/** The statement for a single event has the id of the event, that for a batch their ids. */
const eventsIn = ({ values: [ids] }: Statement): number => (Array.isArray(ids) ? ids.length : 1);

/** Returns a pool whose statements `run` executes. */
const poolWith = (run: (statement: Statement) => Promise<unknown>) =>
  ({ options: database.pool.options, query: run }) as unknown as Pool;

const isAccept = ({ text }: Statement) => text.includes('INSERT INTO event ');

const push = (n: number): IncomingEvent => ({
  tenantId,
  type: 'invoice.paid',
  data: { n },
  dataText: null,
  occurredAt: null,
  idempotencyKey: null,
  pushed: { id: `timeouts:${n}`, at: new Date() },
});

describe('pushed events whose batch times out', () => {
  it('are stored in smaller batches', async () => {
    const sizes: number[] = [];
    const { accept } = startAcceptor(
      poolWith((statement) => {
        if (!isAccept(statement)) return database.pool.query(statement);
        const size = eventsIn(statement);
        sizes.push(size);
        if (size <= 20) return database.pool.query(statement);
        return Promise.reject(Object.assign(new Error('statement timeout'), { code: '57014' }));
      }),
    );
    const events = Array.from({ length: 300 }, (_, n) => push(n));
    const results = await Promise.all(events.map((event) => retryTransient(() => accept(event))));
    expect(results.every(({ status }) => status === 'accepted')).toBe(true);
    // Five halvings from 300 to 20, and few attempts to grow again: their number depends on the speed of the machine.
    const small = sizes.filter((size) => size <= 20).length;
    expect(sizes.length - small).toBeLessThan(small);
  });

  it('are stored once if the timed-out statement stored them', async () => {
    let timeouts = 0;
    const { accept } = startAcceptor(
      poolWith(async (statement) => {
        const result = await database.pool.query(statement);
        if (isAccept(statement) && (timeouts += 1) === 1) throw new Error('Query read timeout');
        return result;
      }),
    );
    const event = push(1000);
    expect(await retryTransient(() => accept(event))).toMatchObject({ status: 'duplicate', deliveries: 2 });
    const { rows } = await database.pool.query(`SELECT FROM event WHERE body LIKE '%"n":1000}%'`);
    expect(rows).toHaveLength(1);
  });
});

describe('when the original of a duplicate cannot be looked up', () => {
  it('only the duplicate fails, because the other events of its batch are stored', async () => {
    const { accept } = startAcceptor(
      poolWith((statement) =>
        statement.text.includes('LEFT JOIN event_idempotency')
          ? Promise.reject(new Error('Connection terminated'))
          : database.pool.query(statement),
      ),
    );
    const once = { ...push(3000), pushed: null, idempotencyKey: 'once' };
    await accept(once);
    const [again, other] = await Promise.allSettled([accept(once), accept({ ...push(3001), pushed: null })]);
    expect(again).toMatchObject({ status: 'rejected', reason: new Error('Connection terminated') });
    expect(other).toMatchObject({ status: 'fulfilled', value: { status: 'accepted', deliveries: 2 } });
  });
});

describe('when storing deliveries takes longer than the statement timeout', () => {
  let impatient: Database;

  beforeAll(async () => {
    await database.pool.query(`
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END $$;
      CREATE TRIGGER wait BEFORE INSERT ON pending_delivery FOR EACH STATEMENT EXECUTE FUNCTION wait()`);
    impatient = connect({
      url: database.pool.options.connectionString ?? '',
      applicationName: 'test',
      max: 1,
      statementTimeoutMs: 250,
    });
  });
  afterAll(() => impatient.stop());

  it('a batch fails, and nothing of it is stored', async () => {
    const { accept } = startAcceptor(impatient.pool);
    expect(await accept(push(2000)).catch(isStatementTimeout)).toBe(true);
    const { rows } = await database.pool.query(`SELECT FROM event WHERE body LIKE '%"n":2000}%'`);
    expect(rows).toHaveLength(0);
  });

  it('an event with more deliveries than a batch has time in proportion to them', async () => {
    const wideTenant = await database.addTenant();
    await database.addWebhooks(wideTenant, 1100);
    const { accept } = startAcceptor(impatient.pool);
    expect(await accept({ ...push(2001), tenantId: wideTenant, pushed: null })).toMatchObject({
      status: 'accepted',
      deliveries: 1100,
    });
  });
});
