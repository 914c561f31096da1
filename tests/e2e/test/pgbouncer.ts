import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@posthorn/database/connection';
import { aptInstall, freePort, isDebian, isRoot, which } from '@posthorn/local';
import { eventually } from '@posthorn/testkit';

/** A running PgBouncer in transaction mode. */
export interface Pooler {
  url: string;
  stop(): Promise<void>;
}

/** Undefined if PgBouncer is not installed and cannot be installed. */
export async function findPgbouncer(): Promise<string | undefined> {
  const found = which('pgbouncer');
  if (found || !isRoot() || !isDebian()) return found;
  await aptInstall('pgbouncer').catch(() => undefined);
  // The package starts a server by itself.
  await promisify(execFile)('service', ['pgbouncer', 'stop']).catch(() => undefined);
  return which('pgbouncer');
}

/** Starts a PgBouncer with at most `poolSize` connections to the database. */
export async function startPgbouncer(
  program: string,
  { databaseUrl, folder, poolSize }: { databaseUrl: string; folder: string; poolSize: number },
): Promise<Pooler> {
  const { hostname, port: serverPort, pathname, username, password } = new URL(databaseUrl);
  const name = pathname.slice(1);
  const port = await freePort();
  const settings = path.join(folder, 'pgbouncer.ini');
  await writeFile(
    settings,
    `[databases]
${name} = host=${hostname} port=${serverPort} dbname=${name} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 200
`,
  );
  // It does not run as root.
  const account = isRoot() ? ['-u', 'nobody'] : [];
  const child = spawn(program, ['--quiet', ...account, settings], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const url = `postgresql://${username}@127.0.0.1:${port}/${name}?pgbouncer=true`;
  const { pool, stop } = connect({ url, applicationName: 'posthorn e2e', max: 1 });
  await eventually(() => pool.query('SELECT 1'));
  await stop();
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
