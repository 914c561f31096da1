import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const CANDIDATES = 20;

/**
 * Returns a free port below the range for outgoing connections. A port in that range could be taken while its server restarts,
 * even by a client that tries to reach it.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: CANDIDATES }, () => randomInt(20_000, 30_000)) });
}
