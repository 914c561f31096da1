import { Router, type RequestHandler } from 'express';
import { openApiDocument } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { isMetricsToken } from '@posthorn/runtime';
import type { ApiDeps } from './deps.js';
import { sendResponse } from './http/api-response.js';
import type { RecordAuthFailure } from './http/auth-failure-limiter.js';
import { methodNotAllowed } from './http/error-handlers.js';
import { contextOf, onRoute } from './http/request-context.js';

/** How long PostgreSQL and Redis may take to answer, in milliseconds. */
const READY_TIMEOUT_MS = 2000;

/** What whoever runs the service asks it: is it up, is it ready, how is it doing, what can it do. */
export function operationalRoutes(
  deps: ApiDeps,
  version: string,
  recordAuthFailure: RecordAuthFailure,
): Router {
  // Made when it is first asked for: it takes longer than all the rest of the start.
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
      throw new PosthornError('unauthorized', { detail: 'the metrics need their own bearer token' });
    }
    response.setHeader('content-type', deps.registry.contentType);
    response.end(await deps.registry.metrics());
  });
  get('/openapi.json', (_request, response) => {
    document ??= openApiDocument(version);
    sendResponse(response, { status: 200, body: document });
  });
  return router;
}

async function assertReady({ pool, deliveries, stopping }: ApiDeps): Promise<void> {
  if (stopping.aborted) throw new PosthornError('unavailable', { detail: 'this process is stopping' });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), READY_TIMEOUT_MS);
  });
  const postgres = pool.query('SELECT 1').catch(naming('PostgreSQL'));
  const redis = deliveries.ping().catch(naming('Redis'));
  try {
    await Promise.race([Promise.all([postgres, redis]), tooLate]);
  } catch (error) {
    const detail = error instanceof NotReady ? error.message : 'PostgreSQL or Redis does not answer in time';
    throw new PosthornError('unavailable', { detail, cause: error });
  } finally {
    clearTimeout(timer);
  }
}

class NotReady extends Error {}

function naming(service: string) {
  return (error: unknown): never => {
    throw new NotReady(`${service} does not answer`, { cause: error });
  };
}
