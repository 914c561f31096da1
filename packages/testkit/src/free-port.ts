import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Returns a port of this host that no process listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not a pipe
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
