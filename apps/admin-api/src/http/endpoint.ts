import type { Request, RequestHandler, Response } from 'express';
import type { Actor, TraceContext } from '@posthorn/core';
import {
  type OperationId,
  type RouteDefinition,
  ROUTES,
  signInBody,
  storesResponse,
} from '@posthorn/contract';
import type { ApiDeps } from '../deps.js';
import { HANDLERS } from '../handlers/index.js';
import { type ApiResponse, sendResponse } from './api-response.js';
import { withIdempotency, fingerprintOf, idempotencyKeyOf } from './idempotency.js';
import { authorize, type Caller, type Authenticator } from './authenticate.js';
import { type Credential, credentialOf, originOf } from './credential.js';
import { type Input, parseInput } from './parse-input.js';
import { bodyReader } from './read-body.js';
import { contextOf, type RequestContext } from './request-context.js';

/** Type of all handlers, for requests parsed by the schemas of their own route. */
type AnyHandler = (
  request: {
    caller: Caller;
    actor: Actor;
    idempotencyKey: string | null;
    trace: TraceContext | null;
    isStillAuthenticated: () => Promise<boolean>;
    origin: () => string | null;
    isSecure: boolean;
    params: unknown;
    query: unknown;
    body: unknown;
  },
  deps: ApiDeps,
) => Promise<ApiResponse>;

/** The input of a request and the bytes of its body. */
interface ParsedRequest {
  input: Input;
  raw: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** Handles one call: authenticates the caller, validates the input, runs the handler and sends its response. */
export function endpoint(
  operationId: OperationId,
  deps: ApiDeps,
  authenticator: Authenticator,
): RequestHandler {
  const route: RouteDefinition = ROUTES[operationId];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- receives the output of its own route's schemas
  const handle = HANDLERS[operationId] as AnyHandler;
  const readBody = route.body && bodyReader(route);

  async function read(request: Request, response: Response): Promise<ParsedRequest> {
    const body = await readBody?.(request, response);
    const input = parseInput(route, { params: request.params, query: request.query, body: body?.json });
    return { input, raw: body?.raw ?? EMPTY };
  }

  return async (request, response) => {
    const context = contextOf(response);
    const first = route.keyInBody ? await read(request, response) : null;
    const credential = first ? keyIn(first) : credentialOf(request, deps.publicOrigin);
    const caller = await authenticator.authenticate(credential, context.clientAddress);
    const actor = actorOf(caller, context);
    context.keyId = actor.keyId;
    authorize(caller, route);

    const { input, raw } = first ?? (await read(request, response));
    const idempotencyKey = route.method === 'post' ? idempotencyKeyOf(request.get('idempotency-key')) : null;
    const isStillAuthenticated = () => authenticator.isStillValid(credential);
    const trace = context.trace ?? null;
    const client = { origin: () => originOf(request), isSecure: request.secure };
    const run = () =>
      handle({ caller, actor, isStillAuthenticated, idempotencyKey, trace, ...client, ...input }, deps);

    if (idempotencyKey === null || !storesResponse(route)) {
      sendResponse(response, await run());
      return;
    }
    const { method, originalUrl: path } = request;
    const fingerprint = fingerprintOf({ method, path, body: raw });
    const keyed = { apiKeyId: caller.id, key: idempotencyKey, fingerprint, requestId: context.requestId };
    sendResponse(response, await withIdempotency(deps, keyed, run));
  };
}

const keyIn = ({ input }: ParsedRequest): Credential => ({
  text: signInBody.parse(input.body).key,
  by: 'body',
});

/** Returns the actor for the audit log. For a session or a portal link it names the parent key, which outlives them. */
export function actorOf(
  { id, name, kind, parent }: Caller,
  { requestId, clientAddress }: RequestContext,
): Actor & { keyId: string } {
  const from = { requestId, clientAddress };
  if (parent === null) return { keyId: id, name, ...from };
  return { keyId: parent.id, name: `${parent.name} (${kind})`, ...from };
}
