import type { Request, RequestHandler, Response } from 'express';
import { encodeId, type PosthornError, traceIdOf } from '@posthorn/core';
import { Histogram, type Logger, type Registry } from '@posthorn/runtime';
import { isRefusal } from './refusals.js';
import { contextOf } from './request-context.js';

/** Polled every few seconds by monitoring. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

export const isQuiet = (path: string): boolean => QUIET.has(path);

/** In seconds. Most requests take a few milliseconds; suspend and delete wait for the barrier. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** Logs and measures each request when its response is sent or the client disconnects. */
export function accessLog({ logger, registry }: { logger: Logger; registry: Registry }): RequestHandler {
  const duration = new Histogram({
    name: 'posthorn_http_request_duration_seconds',
    help: 'Duration of API requests until the end of the response',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  return (request, response, next) => {
    response.once('close', () => {
      const { startedAtMs, route } = contextOf(response);
      const elapsedMs = performance.now() - startedAtMs;
      duration.observe(
        { method: knownMethod(request.method), route, status: response.statusCode },
        elapsedMs / 1000,
      );
      const level = levelOf(response);
      // Winston formats a line before its transports compare the level.
      if (logger.isLevelEnabled(level)) logger.log({ level, ...logLine(request, response, elapsedMs) });
    });
    next();
  };
}

/** Limits the label to known methods: clients may send arbitrary ones. */
export function knownMethod(method: string): string {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'].includes(method) ? method : 'other';
}

/** A call that fails because a server is unavailable is a warning: there may be very many, and the logger limits those. */
function levelOf(response: Response): 'debug' | 'info' | 'warn' | 'error' {
  const { route, serverError } = contextOf(response);
  if (serverError && !isRefusal(serverError)) return serverError.code === 'unavailable' ? 'warn' : 'error';
  return isQuiet(route) ? 'debug' : 'info';
}

function logLine({ method }: Request, response: Response, elapsedMs: number) {
  const { requestId, route, clientAddress, holder, trace, serverError } = contextOf(response);
  return {
    message: 'request',
    method,
    route,
    status: response.statusCode,
    durationMs: Math.round(elapsedMs * 10) / 10,
    requestId,
    clientAddress,
    ...(holder &&
      (holder.kind === 'person'
        ? { personId: encodeId('person', holder.id) }
        : { keyId: encodeId('apiKey', holder.id) })),
    ...(trace && { traceId: traceIdOf(trace) }),
    ...(!response.writableFinished && { aborted: true }),
    ...(serverError && failureOf(serverError)),
  };
}

/** Returns what is logged about a failure: of an unavailable server the cause only, because the stack of the response says nothing. */
function failureOf(serverError: PosthornError) {
  const { code, message: detail, cause } = serverError;
  if (code !== 'unavailable') return { error: serverError };
  return isRefusal(serverError) ? { detail } : { detail, error: cause };
}
