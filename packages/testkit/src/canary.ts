import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface Canary {
  /** Of all addresses of this machine. */
  port: number;
  /** How many connections were made to it so far, by anybody else. */
  hits(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A listener that nobody may ever reach, on every address of this machine: loopback and the others, IPv4 and IPv6. It
 * hangs up at once.
 */
export async function startCanary(): Promise<Canary> {
  /** The port at the other end of each connection. */
  const visitors: number[] = [];
  const server = createServer((socket) => {
    visitors.push(socket.remotePort ?? 0);
    socket.on('error', () => {}).destroy();
  });
  const port = await listenEverywhere(server);
  return {
    port,
    async hits() {
      // Connections are taken in order: once this one is here, so is each that was made before.
      const own = connect(port, '127.0.0.1').on('error', () => {});
      await once(own, 'connect');
      const ownPort = own.localPort ?? NaN;
      while (!visitors.includes(ownPort)) await once(server, 'connection');
      visitors.splice(visitors.indexOf(ownPort), 1);
      own.destroy();
      return visitors.length;
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function listenEverywhere(server: ReturnType<typeof createServer>): Promise<number> {
  try {
    server.listen(0, '::');
    await once(server, 'listening');
  } catch {
    // A machine without IPv6.
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
  }
  return (server.address() as AddressInfo).port;
}
