import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface ReceivedRequest {
  method: string;
  /** The path of the URL, without its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

export interface ListenerResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

interface ListenServer {
  /** The port it listens on. */
  port: number;
  close(): Promise<void>;
}

interface ListenServerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  handle: (request: ReceivedRequest) => Promise<ListenerResponse>;
}

/** Four times the largest request that Posthorn sends. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Starts an HTTP server that buffers each request and passes it to `handle`. @throws Error if it cannot listen */
export async function startListenServer({ host, port, handle }: ListenServerOptions): Promise<ListenServer> {
  const server = createServer((incoming, response) => {
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    const reply = async () => {
      const body = await readBody(incoming);
      const result =
        body === null
          ? { status: 413 }
          : await handle({
              method: incoming.method ?? '',
              path: incoming.url?.split('?')[0] ?? '/',
              headers: incoming.headers,
              body,
              signal: disconnected.signal,
            });
      response.writeHead(result.status, result.headers).end(result.body);
    };
    // The client disconnected.
    reply().catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: Error) => {
    throw new Error(`Cannot listen on ${host}:${port}: ${error.message}`, { cause: error });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Reads a body; returns null if it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without an encoding, chunks are Buffers
    parts.push(part as Buffer);
    bytes += parts.at(-1)?.length ?? 0;
    if (bytes > MAX_BODY_BYTES) return null;
  }
  return Buffer.concat(parts);
}
