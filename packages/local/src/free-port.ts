import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const TRIES = 20;

/**
 * A free port below those that the system gives to outgoing connections. One of these could be taken away while its server
 * is being started again, even by a client that is trying to reach it.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: TRIES }, () => randomInt(20_000, 30_000)) });
}
