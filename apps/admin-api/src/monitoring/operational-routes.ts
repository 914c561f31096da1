import { Router, type RequestHandler } from 'express';
import type { ReadinessResponse } from '@posthorn/contract';
import { PosthornError, settlesWithin } from '@posthorn/core';
import { ping } from '@posthorn/database/connection';
import { HEALTH_CHECK_TIMEOUT_MS, isMetricsToken, isUp } from '@posthorn/runtime';
import { sendResponse } from '../http/api-response.js';
import type { CountRequest } from '../http/address-limiter.js';
import { methodNotAllowed } from '../http/error-handlers.js';
import { contextOf, onRoute } from '../http/request-context.js';
import { sendOpenApi } from '../pages/send-openapi.js';
import { sendEgressAddresses } from '../egress/egress-addresses.js';
import { sendPublicKeys } from '../webhooks/public-keys.js';
import type { MonitoringDeps } from './deps.js';

/** Serves the operational endpoints: liveness, readiness, metrics, the public keys and the OpenAPI document. */
export function operationalRoutes(
  deps: MonitoringDeps,
  version: string,
  recordAuthFailure: CountRequest,
): Router {
  const router = Router();
  const get = (path: string, handler: RequestHandler) => {
    router
      .route(path)
      .all(onRoute(path))
      .get(handler)
      .all(methodNotAllowed(['get', 'head']));
  };
  get('/healthz', (_request, response) => {
    sendResponse(response, { status: 200, body: { status: 'ok' } });
  });
  get('/readyz', async (_request, response) => {
    sendResponse(response, { status: 200, body: await readinessOf(deps) });
  });
  get('/metrics', async (request, response) => {
    if (!isMetricsToken(deps.metricsToken, request.headers.authorization)) {
      await recordAuthFailure(contextOf(response).clientAddress);
      throw new PosthornError('unauthorized', { detail: 'Pass METRICS_TOKEN as the bearer token' });
    }
    response.setHeader('content-type', deps.registry.contentType);
    response.end(await deps.group.metrics());
  });
  get('/.well-known/webhook-keys/:webhookId', sendPublicKeys(deps));
  get('/.well-known/webhook-egress', sendEgressAddresses(deps));
  get('/openapi.json', sendOpenApi(version));
  return router;
}

interface ReadinessCheck {
  run: (deps: MonitoringDeps) => Promise<unknown>;
  /** What clients read if it fails. */
  detail: string;
}

/** What accepting events needs. The first one that fails is reported. */
const CHECKS: readonly ReadinessCheck[] = [
  { run: ({ pool }) => ping(pool), detail: 'PostgreSQL is unavailable' },
  {
    run: ({ writes }) => writes.check(),
    detail:
      'PostgreSQL does not store writes. Its disk may be full, it may be read-only, or no synchronous replica is connected.',
  },
];

/**
 * Returns what the API can do. Without Redis it is ready, since it accepts events and stores them.
 * @throws PosthornError if it cannot accept events
 */
async function readinessOf(deps: MonitoringDeps): Promise<ReadinessResponse> {
  if (deps.stopping.aborted)
    throw new PosthornError('unavailable', { detail: 'This process is shutting down' });
  if (!deps.group.isReady())
    throw new PosthornError('unavailable', { detail: 'Another process that shares this port is not ready' });
  const [hasRedis, ...failures] = await Promise.all([
    isUp(() => deps.deliveries.ping()),
    ...CHECKS.map((check) => failureOf(check, deps)),
  ]);
  const failure = failures.find((each) => each !== null);
  if (failure) throw failure;
  const degradedBy: ReadinessResponse['degradedBy'] = [];
  if (!hasRedis) degradedBy.push('redis');
  if (deps.quarantine.isHeld) degradedBy.push('quarantine');
  return { status: degradedBy.length === 0 ? 'ok' : 'degraded', degradedBy };
}

async function failureOf(
  { run, detail }: ReadinessCheck,
  deps: MonitoringDeps,
): Promise<PosthornError | null> {
  try {
    if (await settlesWithin(run(deps), HEALTH_CHECK_TIMEOUT_MS)) return null;
    throw new Error('The readiness check timed out');
  } catch (cause) {
    return new PosthornError('unavailable', { detail, cause });
  }
}
