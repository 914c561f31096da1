import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { listeningPort } from './listening-port.js';

export interface WebServer {
  url: string;
  requests: { request: IncomingMessage; body: string }[];
  /** Returns the number of connections opened so far. */
  connectionCount(): number;
  close(): Promise<void>;
}

/** Starts an HTTP server on loopback. `respond` is called once the whole request has arrived. */
export async function startWebServer(respond: RequestListener): Promise<WebServer> {
  const requests: WebServer['requests'] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ request, body });
      return respond(request, response);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listeningPort(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    connectionCount: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
