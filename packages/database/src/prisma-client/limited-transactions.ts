import type { Pool, PoolClient } from 'pg';
import { beginStatements, statementTimeoutOf } from '../connection/transaction.js';

/** Returns a view of a pool for Prisma, whose transactions then begin with time limits, and send one statement after another. */
export function withLimitedTransactions(pool: Pool): Pool {
  const begin = beginStatements({ statementTimeoutMs: statementTimeoutOf(pool) });
  return override(pool, { connect: async () => withLimits(await pool.connect(), begin) });
}

/** The adapter sends this statement alone, and ignores its result. */
const BEGIN = 'BEGIN';

function withLimits(client: PoolClient, begin: string): PoolClient {
  let last: Promise<unknown> = Promise.resolve();
  const query = (config: { text: string }): Promise<unknown> => {
    const send = (): Promise<unknown> =>
      client.query(config.text === BEGIN ? { ...config, text: begin } : config);
    // Prisma reads several relations of a row side by side, and pg allows one statement at a time.
    last = last.then(send, send);
    return last;
  };
  return override(client, { query });
}

/** Returns a view of an object with other methods. The others run on the object itself. */
function override<Target extends object>(target: Target, methods: Record<string, unknown>): Target {
  return new Proxy(target, {
    get(_target, key) {
      if (typeof key === 'string' && key in methods) return methods[key];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
