import { once } from 'node:events';
import type { Server } from 'node:net';

/** Starts listening on `port`, or on a free port if it is 0, and returns the port. */
export async function listeningPort(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The server does not listen on a port');
  return address.port;
}
