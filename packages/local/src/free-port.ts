import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const CANDIDATES = 20;

/**
 * Returns a free port below the range for outgoing connections. While its server restarts, a port in that range could be
 * assigned to another connection, even to the connection of a client that tries to reach the server.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: CANDIDATES }, () => randomInt(20_000, 30_000)) });
}
