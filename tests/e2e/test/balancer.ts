import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Balancer {
  url: string;
  add(backendUrl: string): void;
  close(): void;
}

const ASK_EVERY_MS = 500;

/** A backend that is not ready this many times in a row gets no more requests. One may fail while the machine is paused. */
const FALL = 2;

/**
 * Starts a round-robin load balancer with keep-alive connections to the backends whose /readyz returns 200, or to all if that is none: on a busy
 * machine, all may be unready for a moment. It does not retry: when a backend fails, the response is 502 with the cause.
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
    const ready = [...backends.keys()].filter((url) => (backends.get(url) ?? 0) < FALL);
    const usable = ready.length > 0 ? ready : [...backends.keys()];
    const backend = usable[(turn += 1) % usable.length];
    if (backend === undefined) throw new Error('The load balancer has no backend');
    pass({ incoming, response, backend, agent });
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
  outgoing.on('error', ({ message }) =>
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ message })),
  );
  incoming.pipe(outgoing);
}
