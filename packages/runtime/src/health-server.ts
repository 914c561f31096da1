import { createServer } from 'node:http';
import { type Part, settlesWithin } from '@posthorn/core';
import type { Registry } from 'prom-client';
import { isMetricsToken } from './metrics-token.js';
import { type Held, HEALTH_CHECK_TIMEOUT_MS, serverGauges, type Servers } from './server-gauges.js';

interface ServiceHealth {
  config: { healthPort: number; metricsToken: string | null };
  registry: Registry;
  servers: Servers;
  /** Default: nothing is held. */
  quarantine?: Held;
}

/** Serves /healthz, /readyz and /metrics for a process without an HTTP API, unless its port is 0. */
export async function serveHealth(service: ServiceHealth): Promise<Part> {
  const { config, registry, servers } = service;
  serverGauges(registry, servers);
  if (config.healthPort === 0) return { stop: () => Promise.resolve() };
  const server = createServer((request, response) => {
    respond(request.url ?? '', request.headers.authorization, service).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(503, { 'content-type': 'text/plain' }).end('unavailable\n'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.healthPort, resolve);
  });
  return {
    async stop() {
      server.close();
    },
  };
}

async function respond(
  path: string,
  authorization: string | undefined,
  { config, registry, servers, quarantine }: ServiceHealth,
) {
  switch (path) {
    case '/healthz':
      return text(200, 'ok');
    case '/readyz': {
      const ready = Promise.all([servers.postgresql(), servers.redis()]);
      if (!(await settlesWithin(ready, HEALTH_CHECK_TIMEOUT_MS))) return text(503, 'unavailable');
      return text(200, quarantine?.isHeld ? 'quarantined' : 'ok');
    }
    case '/metrics':
      if (!isMetricsToken(config.metricsToken, authorization)) {
        return text(401, 'a bearer token is required');
      }
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return text(404, 'not found');
  }
}

function text(status: number, body: string) {
  return { status, type: 'text/plain', body: `${body}\n` };
}
