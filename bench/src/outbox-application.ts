import { derivedId, encodeId } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { installOutboxAt } from '@posthorn/database/outbox';
import { startOwnMariadb } from '@posthorn/testkit';
import type { Bench } from './bench.js';

/** Where the outbox is, and whether it notifies the producers. */
export type OutboxVariant = 'postgresql' | 'notify' | 'mariadb';

/** An application with an outbox. */
export interface OutboxApplication {
  /** The URL of its database, for the producers. */
  url: string;
  /** Inserts rows in one transaction. Returns the ids of their events. */
  insert(rows: number, data: string): Promise<string[]>;
  stop(): Promise<void>;
}

interface ApplicationOptions {
  variant: OutboxVariant;
  /** Transactions at a time. */
  clients: number;
}

export const startApplication = (bench: Bench, options: ApplicationOptions): Promise<OutboxApplication> =>
  options.variant === 'mariadb' ? inMariadb() : inPostgres(bench, options);

/** The database is on the server of Posthorn. */
async function inPostgres(
  { stack, database }: Bench,
  { variant, clients }: ApplicationOptions,
): Promise<OutboxApplication> {
  await database.pool.query('CREATE DATABASE application');
  const url = new URL('/application', stack.databaseUrl);
  const { pool, stop } = connect({ url: url.href, applicationName: 'application', max: clients });
  await install(url.href, variant === 'notify');
  if (variant === 'notify') url.searchParams.set('posthorn_notify', 'true');
  return {
    url: url.href,
    async insert(count, data) {
      const { rows } = await pool.query<{ id: string; created_at: Date }>(
        `INSERT INTO posthorn.outbox (type, data) SELECT 'order.paid', $2 FROM generate_series(1, $1) RETURNING id, created_at`,
        [count, data],
      );
      return rows.map((row) => eventId(row.id, row.created_at.getTime()));
    },
    stop,
  };
}

/** Its server syncs each commit, as PostgreSQL does. */
async function inMariadb(): Promise<OutboxApplication> {
  process.env['TEST_MARIADBD'] ??= 'mariadbd';
  const server = await startOwnMariadb('--innodb-flush-log-at-trx-commit=1');
  const { url, pool } = await server.freshDatabase();
  await install(url, false);
  return {
    url,
    async insert(count, data) {
      const values = Array.from({ length: count }, () => ['order.paid', data]);
      const [rows] = await pool.query(
        `INSERT INTO posthorn_outbox (type, data) VALUES ?
         RETURNING id, cast(floor(unix_timestamp(created_at) * 1000) AS integer) AS createdAtMs`,
        [values],
      );
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the statement returns them
      return (rows as unknown as { id: string; createdAtMs: number }[]).map((row) =>
        eventId(row.id, row.createdAtMs),
      );
    },
    async stop() {
      await pool.end();
      await server.stop();
    },
  };
}

const install = (url: string, notifies: boolean): Promise<void> =>
  installOutboxAt({ url, applicationName: 'application' }, { publishers: [], readers: [], notifies });

const eventId = (rowId: string, createdAtMs: number): string =>
  encodeId('event', derivedId(`outbox\ndefault\n${rowId}`, createdAtMs));
