import type { Pool, PoolClient } from 'pg';
import { isReadTimeout } from './transient.js';

/** The idle connections of the pools of this process, by pool. */
const idleConnections = new Map<Pool, Set<PoolClient>>();

/**
 * Closes the idle connections to a server once it has not responded to a statement: it may have vanished without closing them, and each of
 * them would delay another statement. Applies to all pools of this process with the same URL.
 */
export function closeStaleConnections(pool: Pool): void {
  const idle = new Set<PoolClient>();
  idleConnections.set(pool, idle);
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('remove', (client) => idle.delete(client));
  pool.on('release', (error: unknown, client) => {
    if (!error) idle.add(client);
    else if (isReadTimeout(error)) closeIdle(pool.options.connectionString);
  });
}

/** Forgets the connections of a pool that is closed. */
export function forgetConnections(pool: Pool): void {
  idleConnections.delete(pool);
}

function closeIdle(url: string | undefined): void {
  for (const [pool, idle] of idleConnections) {
    if (pool.options.connectionString !== url) continue;
    for (const client of idle) {
      // At this event the pool removes it at once. Without it, the next statement might still get the destroyed connection.
      client.emit('error', new Error('The server does not respond'));
      client.connection.stream.destroy();
    }
  }
}
