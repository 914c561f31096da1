import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Canary {
  /** Of all addresses of this machine. */
  port: number;
  /** How many connections were made to it so far, by anybody else. */
  hits(): Promise<number>;
  close(): Promise<void>;
}

/** A listener that nobody may ever reach, on every address of this machine: loopback and the others, IPv4 and IPv6. */
export async function startCanary(): Promise<Canary> {
  const visitors = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    visitors.add(socket);
    socket.on('error', () => {}).once('close', () => visitors.delete(socket));
  });
  const port = await listenEverywhere(server);
  let own = 0;
  return {
    port,
    async hits() {
      // Connections are taken in order: once this one is here, so is each that was made before.
      const arrival = once(server, 'connection');
      const probe = connect(port, '127.0.0.1');
      await Promise.all([arrival, once(probe, 'connect')]);
      probe.destroy();
      own += 1;
      return count - own;
    },
    async close() {
      for (const socket of visitors) socket.destroy();
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
