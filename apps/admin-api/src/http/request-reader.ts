import type { Request } from 'express';
import { type FieldError, type Reservation } from '@posthorn/core';
import { type RouteDefinition, storesResponse, supportsPreconditions } from '@posthorn/contract';
import { fingerprintOf, idempotencyKeyErrors } from './idempotency.js';
import { type Input, parseInput } from './parse-input.js';
import { preconditionErrors, preconditionsOf } from './preconditions.js';
import { bodyReader } from './read-body.js';
import type { UploadSpeed } from './receive-bytes.js';

const EMPTY = Buffer.alloc(0);

/** The input of a request, and the fingerprint of its content if it has an Idempotency-Key. */
export interface ParsedRequest {
  input: Input;
  bodyText: string;
  fingerprint: Buffer | null;
}

/** Returns a function that reads and validates the input of a request. It does not keep the bytes of the body. */
export function requestReader(
  route: RouteDefinition,
  { slowestUpload, findErrors }: { slowestUpload: UploadSpeed; findErrors: (body: unknown) => FieldError[] },
): (
  request: Request,
  reservation: Reservation,
  beforeValidation?: (body: unknown) => void,
) => Promise<ParsedRequest> {
  const readBody = route.body && bodyReader(route, slowestUpload);
  return async (request, reservation, beforeValidation) => {
    const body = await readBody?.(request, reservation);
    beforeValidation?.(body?.json);
    const found = [...headerErrors(route, request), ...(body?.errors ?? []), ...findErrors(body?.json)];
    // Express parses the query each time it is read.
    const query: unknown = route.query && request.query;
    const input = parseInput(route, { params: request.params, query, body: body?.json }, found);
    const { method, originalUrl: path } = request;
    const isKeyed = storesResponse(route) && request.headers['idempotency-key'] !== undefined;
    const fingerprint = isKeyed ? fingerprintOf({ method, path, body: body?.raw ?? EMPTY }) : null;
    return { input, bodyText: body?.text ?? '', fingerprint };
  };
}

function headerErrors(route: RouteDefinition, { headers }: Request): FieldError[] {
  return [
    ...(route.method === 'post' ? idempotencyKeyErrors(headers) : []),
    ...(supportsPreconditions(route) ? preconditionErrors(preconditionsOf(headers)) : []),
  ];
}
