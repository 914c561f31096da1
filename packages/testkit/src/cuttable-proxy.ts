import { once } from 'node:events';
import { createServer, createConnection, type Socket } from 'node:net';

/** A connection that the proxy no longer forwards, and does not close. */
export interface StalledConnection {
  /** The port of its client. */
  port: number | undefined;
  /** Forwards the buffered data, and everything after it. */
  resume(): void;
}

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
  /**
   * Stalls the connection that sends `text` next, and resolves when `target` has responded to it. Its client does not get the response,
   * and `target` nothing more. Other connections continue. The text must be in one packet.
   */
  stallAfter(text: string): Promise<StalledConnection>;
  /** Stalls all connections until they are closed, like a host that vanishes. New ones are forwarded, like to its successor. */
  vanish(): void;
  /** Closes all connections and forwards new ones to another server, such as a promoted replica. */
  redirect(target: string): void;
  close(): Promise<void>;
}

/** Starts a proxy to `target`, a URL with a host and a port. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const stalled = new Set<Socket>();
  /** Takes the next data of a socket instead of the other end. */
  const withheld = new WeakMap<Socket, (response: Buffer) => void>();
  const triggers = new Map<string, (connection: StalledConnection) => void>();
  let isCut = false;
  let bytesFromTarget = 0;

  const resume = (socket: Socket): void => {
    if (!isCut && !stalled.has(socket)) socket.resume();
  };

  function stall(...connection: Socket[]): Pick<StalledConnection, 'resume'> {
    for (const socket of connection) stalled.add(socket.pause());
    return {
      resume() {
        for (const socket of connection) stalled.delete(socket);
        connection.forEach(resume);
      },
    };
  }

  /** Stalls a connection at the response to an awaited text. */
  function checkTriggers(sent: Buffer, client: Socket, upstream: Socket): void {
    for (const [text, onStalled] of triggers) {
      if (!sent.includes(text)) continue;
      triggers.delete(text);
      withheld.set(upstream, (response) => {
        const connection = stall(client, upstream);
        onStalled({
          port: client.remotePort,
          resume() {
            client.write(response);
            connection.resume();
          },
        });
      });
    }
  }

  function forward(from: Socket, to: Socket): void {
    sockets.add(from);
    if (isCut) from.pause();
    from.on('data', (chunk) => {
      const withhold = withheld.get(from);
      withheld.delete(from);
      if (withhold) withhold(chunk);
      else if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => resume(from));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      stalled.delete(from);
      to.destroy();
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    upstream.on('data', (chunk) => (bytesFromTarget += chunk.length));
    forward(client, upstream);
    forward(upstream, client);
    client.on('data', (chunk) => checkTriggers(chunk, client, upstream));
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
      for (const socket of sockets) resume(socket);
    },
    stallAfter: (text) => new Promise((resolve) => triggers.set(text, resolve)),
    vanish() {
      stall(...sockets);
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
