import { once } from 'node:events';
import type { Server } from 'node:net';

/** Makes the server listen on a free port, and tells which. */
export async function listeningPort(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
