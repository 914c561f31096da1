import type { RequestHandler, Response } from 'express';
import { newId, type TraceContext } from '@posthorn/core';
import { clientAddressOf } from './client-address.js';

/** What is known of a request while it is under way, for its log line and its answer. */
export interface RequestContext {
  requestId: string;
  startedAtMs: number;
  clientAddress: string | null;
  /** The route's pattern: a name for metrics and logs that has no ids in it. */
  route: string;
  keyId?: string;
  /** Where in which trace it is, when traces are wanted. */
  trace?: TraceContext;
  /** Set when it failed by our fault. */
  fault?: unknown;
}

const SANE_REQUEST_ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** Begins every request: its id is the client's, if that is a sane one. */
export const beginRequest: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const requestId = given !== undefined && SANE_REQUEST_ID.test(given) ? given : newId();
  const context: RequestContext = {
    requestId,
    startedAtMs: performance.now(),
    clientAddress: clientAddressOf(request),
    route: 'none',
  };
  response.locals['context'] = context;
  response.setHeader('x-request-id', requestId);
  next();
};

export function contextOf(response: Response): RequestContext {
  return response.locals['context'];
}

/** Names the route that a request has come to. */
export function onRoute(route: string): RequestHandler {
  return (_request, response, next) => {
    contextOf(response).route = route;
    next();
  };
}
