import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Balancer {
  url: string;
  add(backendUrl: string): void;
  close(): void;
}

const ASK_EVERY_MS = 500;

/** A backend that is not ready this many times in a row gets no more requests. Some may fail while the machine is busy or paused. */
const FALL = 4;

/**
 * Starts a round-robin load balancer with keep-alive connections to the backends whose /readyz returns 200. It does not retry:
 * when a backend fails, or none is ready, the response is 502 with the cause.
 */
export async function startBalancer(): Promise<Balancer> {
  /** How many times in a row each was not ready. */
  const backends = new Map<string, number>();
  const agent = new Agent({ keepAlive: true });
  let turn = 0;

  const asking = setInterval(() => {
    for (const backend of backends.keys()) {
      void isReady(backend).then((ready) =>
        backends.set(backend, ready ? 0 : (backends.get(backend) ?? 0) + 1),
      );
    }
  }, ASK_EVERY_MS);

  const server = createServer((incoming, response) => {
    const ready = [...backends].filter(([, failures]) => failures < FALL).map(([url]) => url);
    const backend = ready[(turn += 1) % ready.length];
    if (backend === undefined) fail(response, 'No backend is ready');
    else pass({ incoming, response, backend, agent });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    add: (url) => backends.set(url, 0),
    close() {
      clearInterval(asking);
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

const isReady = (backend: string): Promise<boolean> =>
  fetch(`${backend}/readyz`, { headers: { connection: 'close' } }).then(
    ({ ok }) => ok,
    () => false,
  );

interface Passing {
  incoming: IncomingMessage;
  response: ServerResponse;
  backend: string;
  agent: Agent;
}

function pass({ incoming, response, backend, agent }: Passing): void {
  const { method, url = '/', headers } = incoming;
  const outgoing = request(new URL(url, backend), { method, headers, agent }, (upstream) => {
    const { connection: _, ...others } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 502, others);
    upstream.pipe(response);
  });
  outgoing.on('error', ({ message }) => fail(response, message));
  incoming.pipe(outgoing);
}

const fail = (response: ServerResponse, message: string): ServerResponse =>
  response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
