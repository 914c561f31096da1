import { isMariadbUrl } from '@posthorn/core';
import { connect, type ConnectOptions } from '../connection/connect.js';
import { CONNECT_TIMEOUT_MS, MAX_STATEMENT_MS } from '../connection/statement-timeouts.js';
import { installOutbox, type OutboxInstallation, outboxInstallation } from './install-outbox.js';
import { connectMariadb, type Mariadb } from './mariadb/connect-mariadb.js';
import { installMariadbOutbox, mariadbInstallation } from './mariadb/install-mariadb-outbox.js';
import { MariadbOutbox } from './mariadb/mariadb-outbox.js';
import type { OutboxSource } from './outbox-source.js';
import { PostgresOutbox } from './postgres-outbox.js';

type OutboxOptions = Pick<
  ConnectOptions,
  'url' | 'applicationName' | 'max' | 'statementTimeoutMs' | 'connectTimeoutMs'
>;

/** Opens the outbox in the database of an application. Connects on first use. */
export async function openOutbox(options: OutboxOptions): Promise<OutboxSource> {
  return isMariadbUrl(options.url)
    ? new MariadbOutbox(await toMariadb(options))
    : new PostgresOutbox(options);
}

/** Returns the SQL that creates an outbox, for migrations of the application. Without a URL, it is that of PostgreSQL. */
export function outboxSql(url: string | undefined, installation: OutboxInstallation): string {
  if (url !== undefined && isMariadbUrl(url)) return `${mariadbInstallation(installation).join(';\n\n')};`;
  return outboxInstallation(installation).trim();
}

/** Creates an outbox. If it exists, its table is not changed. */
export async function installOutboxAt(
  options: OutboxOptions,
  installation: OutboxInstallation,
): Promise<void> {
  if (isMariadbUrl(options.url))
    await using(await toMariadb(options), (mariadb) => installMariadbOutbox(mariadb, installation));
  else await using(connect(options), ({ pool }) => installOutbox(pool, installation));
}

async function using<Opened extends { stop(): Promise<void> }>(
  opened: Opened,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  try {
    await work(opened);
  } finally {
    await opened.stop();
  }
}

const toMariadb = (options: OutboxOptions): Promise<Mariadb> =>
  connectMariadb({
    max: 1,
    statementTimeoutMs: MAX_STATEMENT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    ...options,
  });
