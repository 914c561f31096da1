import { once } from 'node:events';
import type { Server } from 'node:net';

/** Makes the server listen on this port, else on a free one, and tells which. */
export async function listeningPort(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
