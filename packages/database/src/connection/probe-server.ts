import { Client, type ClientBase, type ClientConfig, DatabaseError } from 'pg';

/** The result of opening a further connection to a server. */
export type ProbeResult =
  /** Which server answered: `serverOf` of its connections. */
  | { server: string }
  /** PostgreSQL answered with an error, such as `too_many_connections`. */
  | 'error'
  /** Nothing that PostgreSQL sends. */
  | 'silent';

/** An expression for what differs between two servers at one address, such as a primary and its promoted replica. Needs no rights. */
export const SERVER_ID = `extract(epoch FROM pg_postmaster_start_time())::text`;

const servers = new WeakMap<ClientBase, string>();

/** Remembers the value of `SERVER_ID` of a connection. */
export const rememberServer = (client: ClientBase, server: string): unknown => servers.set(client, server);

/** Returns to which server a connection was opened. Behind a pooler, the server may have changed since. */
export const serverOf = (client: ClientBase): string | undefined => servers.get(client);

const ignore = (): void => {};

/** Opens a connection, asks which server it leads to, and closes it. Never rejects. */
export async function probeServer(config: ClientConfig, timeoutMs: number): Promise<ProbeResult> {
  const client = new Client(config);
  // Unhandled, the 'error' event would terminate the process.
  client.on('error', ignore);
  const timer = setTimeout(() => client.connection.stream.destroy(new Error('No answer')), timeoutMs);
  try {
    await client.connect();
    const { rows } = await client.query<{ server: string }>(`SELECT ${SERVER_ID} AS server`);
    return rows[0] ?? 'error';
  } catch (error) {
    return error instanceof DatabaseError ? 'error' : 'silent';
  } finally {
    clearTimeout(timer);
    void client.end();
  }
}
