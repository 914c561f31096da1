import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { listeningPort } from './listening-port.js';

/** One connection, as the server sees it. */
export interface Connection {
  socket: Socket;
  received: string;
  /** Resolves when the connection is closed. */
  closed: Promise<void>;
  /** Resolves with all data received so far, once `count` request heads have arrived. */
  requests: (this: void, count: number) => Promise<string>;
}

export interface RawServer {
  port: number;
  connections: Connection[];
  /** Resolves with the connection at this index once it exists. */
  connection(index: number): Promise<Connection>;
  close(): Promise<void>;
}

/** Starts a TCP server for tests that need control over the bytes. `onConnection` is called for each connection. */
export async function startRawServer(
  onConnection: (connection: Connection, index: number) => void | Promise<void> = () => {},
  listen: { host?: string; port?: number; server?: Server } = {},
): Promise<RawServer> {
  const connections: Connection[] = [];
  const events = new EventEmitter().setMaxListeners(0);
  const server = listen.server ?? createServer();
  server.on(listen.server ? 'secureConnection' : 'connection', (socket: Socket) => {
    const connection = track(socket);
    connections.push(connection);
    events.emit('connection');
    void Promise.resolve(onConnection(connection, connections.length - 1));
  });
  const port = await listeningPort(server, listen.host, listen.port);
  return {
    port,
    connections,
    async connection(index) {
      for (;;) {
        const found = connections[index];
        if (found) return found;
        await once(events, 'connection');
      }
    },
    async close() {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function track(socket: Socket): Connection {
  const arrivals = new EventEmitter().setMaxListeners(0);
  const connection: Connection = {
    socket,
    received: '',
    closed: new Promise((resolve) => {
      socket.once('close', () => resolve());
    }),
    async requests(count) {
      while (headsIn(connection.received) < count) await once(arrivals, 'data');
      return connection.received;
    },
  };
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    connection.received += chunk.toString('latin1');
    arrivals.emit('data');
  });
  return connection;
}

function headsIn(text: string): number {
  return text.split('POST ').length - 1;
}

/** Returns the bytes of an HTTP response. */
export function rawResponse(status: number, body = ''): string {
  return `HTTP/1.1 ${status} Whatever\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
