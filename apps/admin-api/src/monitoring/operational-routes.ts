import { Router, type RequestHandler } from 'express';
import { PosthornError, settlesWithin } from '@posthorn/core';
import { isMetricsToken } from '@posthorn/runtime';
import type { ApiDeps } from '../deps.js';
import { sendResponse } from '../http/api-response.js';
import type { CountRequest } from '../http/address-limiter.js';
import { methodNotAllowed } from '../http/error-handlers.js';
import { contextOf, onRoute } from '../http/request-context.js';
import { sendOpenApi } from '../pages/send-openapi.js';
import { sendEgressAddresses } from '../egress/egress-addresses.js';
import { sendPublicKeys } from '../webhooks/public-keys.js';

/** Timeout of each readiness check, in milliseconds. */
const READY_TIMEOUT_MS = 2000;

/** Serves the operational endpoints: liveness, readiness, metrics, the public keys and the OpenAPI document. */
export function operationalRoutes(deps: ApiDeps, version: string, recordAuthFailure: CountRequest): Router {
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
    await assertReady(deps);
    sendResponse(response, { status: 200, body: { status: 'ok' } });
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
  run: (deps: ApiDeps) => Promise<unknown>;
  /** What clients read if it fails. */
  detail: string;
}

/** The first one that fails is reported. */
const CHECKS: readonly ReadinessCheck[] = [
  { run: ({ pool }) => pool.query('SELECT 1'), detail: 'PostgreSQL is unavailable' },
  {
    run: ({ writes }) => writes.check(),
    detail:
      'PostgreSQL does not store writes. Its disk may be full, it may be read-only, or no synchronous replica is connected.',
  },
  { run: ({ deliveries }) => deliveries.ping(), detail: 'Redis is unavailable' },
];

async function assertReady(deps: ApiDeps): Promise<void> {
  if (deps.stopping.aborted)
    throw new PosthornError('unavailable', { detail: 'This process is shutting down' });
  if (!deps.group.isReady())
    throw new PosthornError('unavailable', { detail: 'Another process that shares this port is not ready' });
  const failures = await Promise.all(CHECKS.map((check) => failureOf(check, deps)));
  const failure = failures.find((each) => each !== null);
  if (failure) throw failure;
}

async function failureOf({ run, detail }: ReadinessCheck, deps: ApiDeps): Promise<PosthornError | null> {
  try {
    if (await settlesWithin(run(deps), READY_TIMEOUT_MS)) return null;
    throw new Error('The readiness check timed out');
  } catch (cause) {
    return new PosthornError('unavailable', { detail, cause });
  }
}
