import { Router, type RequestHandler } from 'express';
import { openApiDocument } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { isMetricsToken } from '@posthorn/runtime';
import type { ApiDeps } from './deps.js';
import { sendResponse } from './http/api-response.js';
import type { CountRequest } from './http/address-limiter.js';
import { methodNotAllowed } from './http/error-handlers.js';
import { contextOf, onRoute } from './http/request-context.js';
import { sendPublicKeys } from './public-keys.js';

/** Timeout of the readiness checks, in milliseconds. */
const READY_TIMEOUT_MS = 2000;

/** Serves the operational endpoints: liveness, readiness, metrics, the public keys and the OpenAPI document. */
export function operationalRoutes(deps: ApiDeps, version: string, recordAuthFailure: CountRequest): Router {
  // Built on the first request: it takes longer than the rest of the start.
  let document: ReturnType<typeof openApiDocument> | undefined;
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
    response.end(await deps.registry.metrics());
  });
  get('/.well-known/webhook-keys/:webhookId', sendPublicKeys(deps));
  get('/openapi.json', (_request, response) => {
    document ??= openApiDocument(version);
    sendResponse(response, { status: 200, body: document });
  });
  return router;
}

async function assertReady({ pool, deliveries, stopping }: ApiDeps): Promise<void> {
  if (stopping.aborted) throw new PosthornError('unavailable', { detail: 'This process is shutting down' });
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NotReady('PostgreSQL or Redis timed out')), READY_TIMEOUT_MS);
  });
  const postgres = pool.query('SELECT 1').catch(unavailable('PostgreSQL'));
  const redis = deliveries.ping().catch(unavailable('Redis'));
  try {
    await Promise.race([Promise.all([postgres, redis]), timedOut]);
  } catch (error) {
    throw new PosthornError('unavailable', {
      ...(error instanceof NotReady && { detail: error.message }),
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

class NotReady extends Error {}

function unavailable(service: string) {
  return (error: unknown): never => {
    throw new NotReady(`${service} is unavailable`, { cause: error });
  };
}
