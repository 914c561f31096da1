import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { PosthornError } from '@posthorn/core';
import { sendResponse } from './api-response.js';
import { problemResponse, toPosthornError } from './problem-response.js';
import { isRefusal, sendWithNext } from './refusals.js';
import { contextOf } from './request-context.js';

/** Handles unknown paths. */
export const routeNotFound: RequestHandler = () => {
  throw new PosthornError('not_found', { detail: 'Unknown path; see /docs' });
};

/** Handles known paths with another method. */
export function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  const allow = allowed.map((method) => method.toUpperCase()).join(', ');
  return (_request, response) => {
    response.setHeader('allow', allow);
    throw new PosthornError('method_not_allowed', { detail: `Allowed: ${allow}` });
  };
}

/** Turns errors that middleware has thrown into responses. */
export const handleError: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error);

/** Sends the response for anything thrown. The only place that does. */
export function sendError(response: Response, error: unknown): void {
  const failure = toPosthornError(error);
  if (failure.code === 'internal_error' || failure.code === 'unavailable')
    contextOf(response).serverError = failure;
  // A key that has ended meanwhile has no limits to show.
  if (failure.code === 'unauthorized') delete contextOf(response).rateLimit;
  if (isRefusal(failure)) sendWithNext(() => sendFailure(response, failure));
  else sendFailure(response, failure);
}

function sendFailure(response: Response, failure: PosthornError): void {
  if (response.headersSent) response.destroy();
  else sendResponse(response, problemResponse(failure, contextOf(response)));
}
