import { createServer } from 'node:http';
import { type Part, settlesWithin } from '@posthorn/core';
import type { Registry } from 'prom-client';
import { isMetricsToken } from './metrics-token.js';
import { HEALTH_CHECK_TIMEOUT_MS, serverGauges, type Servers } from './server-gauges.js';

export interface HealthServerOptions {
  port: number;
  registry: Registry;
  metricsToken: string | null;
  /** Rejects while the process cannot do its work. */
  ready: () => Promise<void>;
}

interface ServiceHealth extends Pick<HealthServerOptions, 'registry'> {
  config: { healthPort: number; metricsToken: string | null };
  servers: Servers;
}

/** Starts the health server of a service, unless its port is 0. */
export async function serveHealth({ config, registry, servers }: ServiceHealth): Promise<Part> {
  serverGauges(registry, servers);
  if (config.healthPort === 0) return { stop: () => Promise.resolve() };
  return startHealthServer({
    port: config.healthPort,
    registry,
    metricsToken: config.metricsToken,
    ready: async () => void (await Promise.all([servers.postgresql(), servers.redis()])),
  });
}

export interface HealthServer extends Part {
  /** The port it listens on. */
  port: number;
  stop(): Promise<void>;
}

/** Serves /healthz, /readyz and /metrics for a process without an HTTP API. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    respond(request.url ?? '', request.headers.authorization, options).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(503, { 'content-type': 'text/plain' }).end('unavailable\n'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async stop() {
      server.close();
    },
  };
}

async function respond(path: string, authorization: string | undefined, options: HealthServerOptions) {
  switch (path) {
    case '/healthz':
      return text(200, 'ok');
    case '/readyz':
      if (await settlesWithin(options.ready(), HEALTH_CHECK_TIMEOUT_MS)) return text(200, 'ok');
      return text(503, 'unavailable');
    case '/metrics':
      if (!isMetricsToken(options.metricsToken, authorization)) {
        return text(401, 'a bearer token is required');
      }
      return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
    default:
      return text(404, 'not found');
  }
}

function text(status: number, body: string) {
  return { status, type: 'text/plain', body: `${body}\n` };
}
