import { once } from 'node:events';
import { createServer, createConnection, type Server, type Socket } from 'node:net';

/** A connection that the proxy no longer forwards, and does not close. */
export interface StalledConnection {
  /** The port of its client. */
  port: number | undefined;
  /** Forwards the buffered data, and everything after it. */
  resume(): void;
}

/** Starts a proxy to `target`, a URL with a host and a port. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new CuttableProxy(server, target);
}

/** A TCP proxy that can simulate a network partition: traffic stops, and no connection is closed. */
export class CuttableProxy {
  /** The URL of the target through the proxy. */
  readonly url: string;
  readonly #server: Server;
  #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #stalled = new Set<Socket>();
  /** Takes the next data of a socket instead of the other end. */
  readonly #withheld = new WeakMap<Socket, (response: Buffer) => void>();
  readonly #triggers = new Map<string, (connection: StalledConnection) => void>();
  #isCut = false;
  #isFull = false;
  #accepted = 0;
  #bytesFromTarget = 0;

  constructor(server: Server, target: string) {
    this.#server = server.on('connection', (client) => this.#connect(client));
    this.#target = new URL(target);
    const address = server.address();
    const url = new URL(target);
    url.port = String(typeof address === 'object' ? address?.port : '');
    this.url = url.href;
  }

  /** Number of bytes that the target has sent. */
  get bytesFromTarget(): number {
    return this.#bytesFromTarget;
  }

  /** Number of connections that were accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Accepts new connections and forwards nothing of them, like a server beyond its limit of connections. The others continue. */
  fill(): void {
    this.#isFull = true;
  }

  /** Stops forwarding. Connections stay open, and new ones are accepted but get no data. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Forwards the buffered data, and everything after it. */
  heal(): void {
    this.#isCut = false;
    this.#isFull = false;
    for (const socket of this.#sockets) this.#resume(socket);
  }

  /**
   * Stalls the connection that sends `text` next, and resolves when the target has responded to it. Its client does not get the
   * response, and the target nothing more. Other connections continue. The text must be in one packet.
   */
  stallAfter(text: string): Promise<StalledConnection> {
    return new Promise((resolve) => this.#triggers.set(text, resolve));
  }

  /** Stalls all connections until they are closed, like a host that vanishes. New ones are forwarded, like to its successor. */
  vanish(): void {
    this.#stall(...this.#sockets);
  }

  /** Closes all connections and forwards new ones to another server, such as a promoted replica. */
  redirect(target: string): void {
    this.#target = new URL(target);
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    this.#accepted += 1;
    const { hostname, port } = this.#target;
    const upstream = createConnection({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    upstream.on('data', (chunk) => (this.#bytesFromTarget += chunk.length));
    this.#forward(client, upstream);
    this.#forward(upstream, client);
    client.on('data', (chunk) => this.#checkTriggers(chunk, client, upstream));
  }

  #forward(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    if (this.#isCut || this.#isFull) from.pause();
    from.on('data', (chunk) => {
      const withhold = this.#withheld.get(from);
      this.#withheld.delete(from);
      if (withhold) withhold(chunk);
      else if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => this.#resume(from));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#stalled.delete(from);
      to.destroy();
    });
  }

  /** Stalls a connection at the response to an awaited text. */
  #checkTriggers(sent: Buffer, client: Socket, upstream: Socket): void {
    for (const [text, onStalled] of this.#triggers) {
      if (!sent.includes(text)) continue;
      this.#triggers.delete(text);
      this.#withheld.set(upstream, (response) => {
        const resume = this.#stall(client, upstream);
        onStalled({
          port: client.remotePort,
          resume() {
            client.write(response);
            resume();
          },
        });
      });
    }
  }

  /** Returns a function that ends the stall. */
  #stall(...sockets: Socket[]): () => void {
    for (const socket of sockets) this.#stalled.add(socket.pause());
    return () => {
      for (const socket of sockets) this.#stalled.delete(socket);
      for (const socket of sockets) this.#resume(socket);
    };
  }

  #resume(socket: Socket): void {
    if (!this.#isCut && !this.#stalled.has(socket)) socket.resume();
  }
}
