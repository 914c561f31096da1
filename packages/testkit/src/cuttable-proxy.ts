import { once } from 'node:events';
import { createServer, createConnection, type Socket } from 'node:net';

/** A TCP proxy that can simulate a network partition: traffic stops, and no connection is closed. */
export interface CuttableProxy {
  /** The URL of `target` through the proxy. */
  url: string;
  /** Number of bytes that `target` has sent. */
  readonly bytesFromTarget: number;
  /** Stops forwarding. Connections stay open, and new ones are accepted but get no data. */
  cut(): void;
  /** Forwards the buffered data, and everything after it. */
  heal(): void;
  /** Closes all connections and forwards new ones to another server, such as a promoted replica. */
  redirect(target: string): void;
  close(): Promise<void>;
}

/** Starts a proxy to `target`, a URL with a host and a port. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  let bytesFromTarget = 0;

  function forward(from: Socket, to: Socket): void {
    sockets.add(from);
    if (isCut) from.pause();
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!isCut) from.resume();
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    upstream.on('data', (chunk) => (bytesFromTarget += chunk.length));
    forward(client, upstream);
    forward(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' ? address?.port : '');

  return {
    url: url.href,
    get bytesFromTarget() {
      return bytesFromTarget;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    redirect(next) {
      ({ hostname, port } = new URL(next));
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
