import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface ReceivedRequest {
  method: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Aborted when the sender does not wait any more. */
  signal: AbortSignal;
}

export interface ListenerResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface ListenServer {
  /** The port that it got. */
  port: number;
  close(): Promise<void>;
}

interface ListenServerOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  handle: (request: ReceivedRequest) => Promise<ListenerResponse>;
}

/** Four times what Posthorn sends at most. */
const MAX_BODY_BYTES = 1024 * 1024;

/** An HTTP server that hands each request over whole. @throws Error with one clear line when it cannot listen */
export async function startListenServer({ host, port, handle }: ListenServerOptions): Promise<ListenServer> {
  const server = createServer((incoming, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const reply = async () => {
      const body = await readBody(incoming);
      const given =
        body === null
          ? { status: 413 }
          : await handle({
              method: incoming.method ?? '',
              headers: incoming.headers,
              body,
              signal: gone.signal,
            });
      response.writeHead(given.status, given.headers).end(given.body);
    };
    // The sender hung up: nobody can be answered.
    reply().catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: Error) => {
    throw new Error(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error });
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

/** Null when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a request without an encoding gives bytes
    parts.push(part as Buffer);
    bytes += parts.at(-1)?.length ?? 0;
    if (bytes > MAX_BODY_BYTES) return null;
  }
  return Buffer.concat(parts);
}
