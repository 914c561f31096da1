import { once } from 'node:events';
import { createServer, createConnection, type Socket } from 'node:net';

/** A stretch of network that can be cut: nothing passes and nobody is told. */
export interface CuttableProxy {
  /** `target` by way of the proxy. */
  url: string;
  /** From now on it forwards nothing and closes nothing. New connections are taken, and hear nothing. */
  cut(): void;
  /** What was held back passes, and whatever comes after it. */
  heal(): void;
  close(): Promise<void>;
}

/** A way to a server that can be cut. `target` is a URL with a host and a port. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target);
  const ends = new Set<Socket>();
  let isCut = false;

  function forward(from: Socket, to: Socket): void {
    ends.add(from);
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
      ends.delete(from);
      to.destroy();
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
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
    cut() {
      isCut = true;
      for (const end of ends) end.pause();
    },
    heal() {
      isCut = false;
      for (const end of ends) end.resume();
    },
    async close() {
      server.close();
      for (const end of ends) end.destroy();
      await once(server, 'close');
    },
  };
}
