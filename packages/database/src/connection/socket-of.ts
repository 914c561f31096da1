import { Socket } from 'node:net';
import type { Client, PoolClient } from 'pg';

/** Returns the TCP, TLS or Unix domain socket of a connection. With TLS, it is another one before the handshake. */
export function socketOf({ connection: { stream } }: Client | PoolClient): Socket {
  if (stream instanceof Socket) return stream;
  throw new TypeError('The connection has no socket');
}
