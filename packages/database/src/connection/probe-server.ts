import { Client, type ClientBase, type ClientConfig } from 'pg';
import { isPooler } from './pooler.js';
import { socketOf } from './socket-of.js';

/** The result of opening a further connection to a server. */
export type ProbeResult =
  /** Which server answered that accepts writes: `serverOf` of its connections. */
  | { server: string }
  /** Nothing that says anything about other connections: an error, of the server or of this process, a replica, or a pooler. */
  | 'inconclusive'
  /** No response in time, although the server's address was found. */
  | 'silent';

/** Columns of a query that say which server answers it. They need no rights. */
export const SERVER = `current_setting('transaction_read_only') AS "readOnly", extract(epoch FROM pg_postmaster_start_time())::text AS server`;

/** A row of `SERVER`. */
export interface ServerAnswer {
  readOnly: string;
  /** Differs between two servers at one address, such as a primary and its promoted replica. */
  server: string;
}

/** The server that a connection leads to. */
interface ServerOfConnection {
  server: string;
  /** When it answered, on the monotonic clock. */
  answeredAtMs: number;
}

const servers = new WeakMap<ClientBase, ServerOfConnection>();

/** Remembers which server has just answered on a connection. */
export const rememberServer = (client: ClientBase, server: string): unknown =>
  servers.set(client, { server, answeredAtMs: performance.now() });

/** Returns to which server a connection was opened. Behind a pooler, the server may have changed since. */
export const serverOf = (client: ClientBase): ServerOfConnection | undefined => servers.get(client);

const ignore = (): void => {};

/**
 * Opens a connection, asks which server it leads to, and closes it. A pooler is not asked: its response may wait until one of its
 * connections is free. Never rejects, and keeps no process alive.
 */
export async function probeServer(config: ClientConfig, timeoutMs: number): Promise<ProbeResult> {
  const client = new Client({ ...config, connectionTimeoutMillis: 0, query_timeout: 0 });
  // Unhandled, the 'error' event would terminate the process.
  client.on('error', ignore);
  const silence = new Silence(client, timeoutMs);
  try {
    await client.connect();
    if (isPooler(config.connectionString)) return 'inconclusive';
    const { rows } = await client.query<ServerAnswer>(`SELECT ${SERVER}`);
    return rows[0]?.readOnly === 'off' ? { server: rows[0].server } : 'inconclusive';
  } catch {
    return silence.isReached ? 'silent' : 'inconclusive';
  } finally {
    silence.stop();
    void client.end();
    // Does not wait for the server to close it, which may have vanished meanwhile.
    socketOf(client).destroySoon();
  }
}

/** The number of turns of a timer in a timeout. A process that was paused meanwhile has run fewer of them. */
const TICKS = 10;

/** Destroys a connection without a response for some time. Time in which this process is paused or looks up the address does not count. */
class Silence {
  /** The timeout has passed since the connection was attempted. */
  isReached = false;
  readonly #client: Client;
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;
  #isAttempted = false;

  constructor(client: Client, timeoutMs: number) {
    this.#client = client;
    this.#timer = setInterval(() => this.#tick(), timeoutMs / TICKS).unref();
    const socket = socketOf(client);
    socket.unref();
    // A Unix domain socket has only the second event.
    for (const event of ['connectionAttempt', 'connect']) socket.once(event, () => this.#start());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #start(): void {
    this.#isAttempted = true;
    this.#ticks = 0;
  }

  #tick(): void {
    this.#ticks += 1;
    if (this.#ticks < TICKS) return;
    this.isReached = this.#isAttempted;
    this.stop();
    socketOf(this.#client).destroy(new Error('No response'));
  }
}
