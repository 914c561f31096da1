import type { RequestHandler, Response } from 'express';
import { type ApiKeyKind, newId, type PosthornError, type TraceContext } from '@posthorn/core';
import { clientAddressOf } from './client-address.js';
import type { RateLimit } from './rate-limit.js';

export interface Holder {
  id: string;
  kind: ApiKeyKind;
}

/** State of a request in progress, for its log line and its response. */
export interface RequestContext {
  requestId: string;
  /** Origin at which browsers reach this API, if configured. */
  publicOrigin: string | null;
  startedAtMs: number;
  clientAddress: string | null;
  /** Pattern of the route, for metrics and logs: contains no ids. */
  route: string;
  /** Who makes the call: the key or person of a session or portal link. */
  holder?: Holder;
  /** Trace context, if tracing is on. */
  trace?: TraceContext;
  /** The limit that the call counts toward. */
  rateLimit?: RateLimit;
  /** The error of a 500 or 503 response. */
  serverError?: PosthornError;
}

const VALID_REQUEST_ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** Creates the context of each request. Uses the client's x-request-id if it is valid. */
export function beginRequest(publicOrigin: string | null): RequestHandler {
  return (request, response, next) => {
    const clientId = request.headers['x-request-id'];
    const requestId = typeof clientId === 'string' && VALID_REQUEST_ID.test(clientId) ? clientId : newId();
    const context: RequestContext = {
      requestId,
      publicOrigin,
      startedAtMs: performance.now(),
      clientAddress: clientAddressOf(request),
      route: 'none',
    };
    response.locals['context'] = context;
    next();
  };
}

/** Notes the state of a limit that a call counts toward. Of several, the one with the least remaining is reported. */
export function noteRate(context: RequestContext, rate: RateLimit): void {
  if (rate.remaining < (context.rateLimit?.remaining ?? Infinity)) context.rateLimit = rate;
}

/** Sets the id of the request as a header, for the responses that `sendResponse` does not send. */
export const setRequestId: RequestHandler = (_request, response, next) => {
  response.setHeader('x-request-id', contextOf(response).requestId);
  next();
};

export function contextOf(response: Response): RequestContext {
  return response.locals['context'];
}

/** Sets the route of a request. */
export function onRoute(route: string): RequestHandler {
  return (_request, response, next) => {
    contextOf(response).route = route;
    next();
  };
}
