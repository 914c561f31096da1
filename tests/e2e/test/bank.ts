// Applications with accounts, whose transactions also publish.
import { connect } from '@posthorn/database/connection';
import { installOutboxAt } from '@posthorn/database/outbox';
import { freshDatabase, startOwnMariadb } from '@posthorn/testkit';

export interface Transfer {
  bank: string;
  id: number;
  from: number;
  to: number;
  amount: number;
}

/** An application that moves money between accounts. */
export interface Bank {
  name: string;
  /** The URL of its database. */
  url: string;
  /** Moves money and publishes it, in one transaction, with the account that pays as the ordering key. */
  transfer(transfer: Transfer, end: 'COMMIT' | 'ROLLBACK'): Promise<void>;
  /** Returns the ids of the committed transfers. */
  committed(): Promise<number[]>;
  /** Returns the ids of the committed transfers that an account paid, in the order of their commits. */
  paidBy(account: number): Promise<number[]>;
  /** Returns the balances of the accounts 1, 2, …. */
  balances(): Promise<number[]>;
  /** Returns the number of rows in the outbox. */
  rows(): Promise<number>;
  /** Locks the rows of the outbox. The returned function ends the statements that wait for them, and unlocks the rows. */
  lockRows(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export const ACCOUNTS = 5;
export const INITIAL_BALANCE = 1000;

const SCHEMA = `
CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL, version integer NOT NULL DEFAULT 0);
CREATE TABLE transfer (id integer PRIMARY KEY, account integer NOT NULL, version integer NOT NULL);
INSERT INTO account (id, balance) VALUES ${Array.from({ length: ACCOUNTS }, (_, n) => `(${n + 1}, ${INITIAL_BALANCE})`).join()};`;

/**
 * Returns the statements that move the money. They lock the accounts in the order of their ids until the transaction ends, so the versions of
 * an account are in the order of its commits.
 */
function movements({ id, from, to, amount }: Transfer): string {
  const changes = [
    { account: from, change: -amount },
    { account: to, change: amount },
  ].toSorted((a, b) => a.account - b.account);
  const updates = changes.map(
    ({ account, change }) =>
      `UPDATE account SET balance = balance + (${change}), version = version + 1 WHERE id = ${account}`,
  );
  const record = `INSERT INTO transfer SELECT ${id}, id, version FROM account WHERE id = ${from}`;
  return [...updates, record].join(';');
}

const orderingKey = ({ bank, from }: Transfer): string => `${bank} ${from}`;

const paidBy = (account: number): string =>
  `SELECT id AS value FROM transfer WHERE account = ${account} ORDER BY version`;

const NOBODY = { publishers: [], readers: [] };

export async function postgresBank(): Promise<Bank> {
  const fresh = await freshDatabase();
  await installOutboxAt({ url: fresh.url, applicationName: 'test' }, { ...NOBODY, notifies: true });
  const database = connect({ url: fresh.url, applicationName: 'bank', max: 4 });
  await database.pool.query(SCHEMA);
  const column = async (sql: string): Promise<number[]> =>
    (await database.pool.query<{ value: number }>(sql)).rows.map(({ value }) => value);
  return {
    name: 'postgres',
    url: `${fresh.url}?posthorn_notify=true`,
    async transfer(transfer, end) {
      const client = await database.pool.connect();
      await client.query(`BEGIN; ${movements(transfer)}`);
      await client.query(`SELECT posthorn.publish('transfer.made', $1::text, ordering_key => $2)`, [
        JSON.stringify(transfer),
        orderingKey(transfer),
      ]);
      await client.query(end);
      client.release();
    },
    committed: () => column('SELECT id AS value FROM transfer ORDER BY id'),
    paidBy: (account) => column(paidBy(account)),
    balances: () => column('SELECT balance AS value FROM account ORDER BY id'),
    rows: async () => (await column('SELECT count(*)::integer AS value FROM posthorn.outbox'))[0] ?? 0,
    async lockRows() {
      const client = await database.pool.connect();
      await client.query('BEGIN; SELECT FROM posthorn.outbox FOR UPDATE');
      return async () => {
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))`,
        );
        await client.query('ROLLBACK');
        client.release();
      };
    },
    async close() {
      await database.stop();
      await fresh.drop();
    },
  };
}

export async function mariadbBank(): Promise<Bank> {
  const server = await startOwnMariadb();
  const fresh = await server.freshDatabase();
  await installOutboxAt({ url: fresh.url, applicationName: 'test' }, NOBODY);
  await fresh.pool.query(SCHEMA);
  const column = async (sql: string): Promise<number[]> => {
    const [rows] = await fresh.pool.query({ sql, rowsAsArray: true });
    return (rows as unknown as number[][]).flat();
  };
  return {
    name: 'mariadb',
    url: fresh.url,
    async transfer(transfer, end) {
      const connection = await fresh.pool.getConnection();
      await connection.query(`START TRANSACTION; ${movements(transfer)}`);
      await connection.query(`CALL posthorn_publish_with('transfer.made', ?, NULL, NULL, NULL, ?)`, [
        JSON.stringify(transfer),
        orderingKey(transfer),
      ]);
      await connection.query(end);
      connection.release();
    },
    committed: () => column('SELECT id FROM transfer ORDER BY id'),
    paidBy: (account) => column(paidBy(account)),
    balances: () => column('SELECT balance FROM account ORDER BY id'),
    rows: async () => (await column('SELECT count(*) FROM posthorn_outbox'))[0] ?? 0,
    async lockRows() {
      const connection = await fresh.pool.getConnection();
      await connection.query('START TRANSACTION; SELECT position FROM posthorn_outbox FOR UPDATE');
      return async () => {
        const waiting = await column(
          `SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`,
        );
        for (const id of waiting) await connection.query(`KILL ${id}`);
        await connection.query('ROLLBACK');
        connection.release();
      };
    },
    async close() {
      await fresh.drop();
      await server.stop();
    },
  };
}
