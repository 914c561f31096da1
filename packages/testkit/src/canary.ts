import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface Canary {
  /** Open on every address of this machine. */
  port: number;
  /** Returns the number of connections so far, without its own. */
  hits(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts a server to which no connection is expected, on every address of this machine: loopback and others, IPv4 and IPv6.
 * It closes each connection immediately.
 */
export async function startCanary(): Promise<Canary> {
  /** The remote port of each connection. */
  const remotePorts: number[] = [];
  const server = createServer((socket) => {
    remotePorts.push(socket.remotePort ?? 0);
    socket.on('error', () => {}).destroy();
  });
  const port = await listenEverywhere(server);
  return {
    port,
    async hits() {
      // Connections are accepted in order: after this one, all earlier ones have been counted.
      const own = connect(port, '127.0.0.1').on('error', () => {});
      await once(own, 'connect');
      const ownPort = own.localPort ?? NaN;
      while (!remotePorts.includes(ownPort)) await once(server, 'connection');
      remotePorts.splice(remotePorts.indexOf(ownPort), 1);
      own.destroy();
      return remotePorts.length;
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
    // No IPv6 on this machine.
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
  }
  return (server.address() as AddressInfo).port;
}
