import { expect, it } from '@jest/globals';
import { overriding } from '@posthorn/testkit';
import { withLimitedTransactions } from '../../src/prisma-client/limited-transactions.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();

it('a transaction sends one statement after another, also if one fails', async () => {
  const client = await db.pool.connect();
  let running = 0;
  const counts: number[] = [];
  const query = async (config: { text: string }) => {
    running += 1;
    counts.push(running);
    try {
      return await client.query(config);
    } finally {
      running -= 1;
    }
  };
  const counting = overriding(client, { query } as object);
  const pool = withLimitedTransactions(overriding(db.pool, { connect: async () => counting }));
  const transaction = await pool.connect();
  try {
    const sent = ['SELECT 1 AS n', 'SELECT missing', 'SELECT 3 AS n'].map(async (text) =>
      transaction.query({ text }),
    );
    const ended = await Promise.allSettled(sent);
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(counts).toEqual([1, 1, 1]);
  } finally {
    client.release();
  }
});
