import type { Request, RequestHandler, Response } from 'express';
import type { Actor, MemoryBudget, Reservation, TraceContext } from '@posthorn/core';
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
import type { BeginCall } from './call-limiter.js';
import { type Credential, credentialOf, originOf } from './credential.js';
import { type Input, parseInput } from './parse-input.js';
import { bodyReader } from './read-body.js';
import type { UploadSpeed } from './receive-bytes.js';
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
    bodyText: string;
  },
  deps: ApiDeps,
) => Promise<ApiResponse>;

const EMPTY = Buffer.alloc(0);

/** The input of a request, and the fingerprint of its content if it has an Idempotency-Key. */
interface ParsedRequest {
  input: Input;
  bodyText: string;
  fingerprint: Buffer | null;
}

/** An authenticated request. */
interface AuthorizedCall extends ParsedRequest {
  caller: Caller;
  credential: Credential | null;
}

/** The owner of the bodies that are read before the caller is known. */
const SIGN_IN = 'sign-in';

/** Decides which calls are handled. */
export interface Admission {
  authenticator: Authenticator;
  beginCall: BeginCall;
}

/** Publishing has limits of its own. */
const UNLIMITED: ReadonlySet<OperationId> = new Set<OperationId>(['publishEvent', 'publishBatch']);

/** Handles one call: authenticates the caller, validates the input, runs the handler and sends its response. */
export function endpoint(
  operationId: OperationId,
  deps: ApiDeps,
  { authenticator, beginCall }: Admission,
): RequestHandler {
  const route: RouteDefinition = ROUTES[operationId];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- receives the output of its own route's schemas
  const handle = HANDLERS[operationId] as AnyHandler;
  const read = requestReader(route, deps.slowestUpload);

  async function authenticate(credential: Credential | null, response: Response): Promise<Caller> {
    const context = contextOf(response);
    const caller = await authenticator.authenticate(credential, context.clientAddress);
    context.keyId = actorOf(caller, context).keyId;
    authorize(caller, route);
    return caller;
  }

  async function respond(
    { request, response }: Exchange,
    { caller, credential, input, bodyText, fingerprint }: AuthorizedCall,
  ): Promise<void> {
    const context = contextOf(response);
    const idempotencyKey = route.method === 'post' ? keyOf(request) : null;
    const run = () =>
      handle(
        {
          caller,
          actor: actorOf(caller, context),
          isStillAuthenticated: () => authenticator.isStillValid(credential),
          idempotencyKey,
          trace: context.trace ?? null,
          origin: () => originOf(request),
          isSecure: request.secure,
          ...input,
          bodyText,
        },
        deps,
      );
    if (idempotencyKey === null || fingerprint === null) {
      sendResponse(response, await run());
      return;
    }
    const keyed = { apiKeyId: caller.id, key: idempotencyKey, fingerprint, requestId: context.requestId };
    sendResponse(response, await withIdempotency(deps, keyed, run));
  }

  return async (request, response) => {
    const exchange = { request, response };
    if (route.keyInBody) {
      await withReservation(deps.bodyMemory, SIGN_IN, async (reservation) => {
        const parsed = await read(request, reservation);
        const credential = keyIn(parsed);
        const caller = await authenticate(credential, response);
        await respond(exchange, { ...parsed, credential, caller });
      });
      return;
    }
    const credential = credentialOf(request, deps.publicOrigin);
    const caller = await authenticate(credential, response);
    const endCall = UNLIMITED.has(operationId) ? null : beginCall(caller);
    try {
      // A key for all tenants acts for many of them.
      await withReservation(deps.bodyMemory, caller.tenantId, async (reservation) => {
        await respond(exchange, { ...(await read(request, reservation)), credential, caller });
      });
    } finally {
      endCall?.();
    }
  };
}

interface Exchange {
  request: Request;
  response: Response;
}

/** Returns a function that reads and validates the input of a request. It does not keep the bytes of the body. */
function requestReader(
  route: RouteDefinition,
  slowestUpload: UploadSpeed,
): (request: Request, reservation: Reservation) => Promise<ParsedRequest> {
  const readBody = route.body && bodyReader(route, slowestUpload);
  return async (request, reservation) => {
    const isKeyed = storesResponse(route) && keyOf(request) !== null;
    const body = await readBody?.(request, reservation);
    const input = parseInput(route, { params: request.params, query: request.query, body: body?.json });
    const { method, originalUrl: path } = request;
    const fingerprint = isKeyed ? fingerprintOf({ method, path, body: body?.raw ?? EMPTY }) : null;
    return { input, bodyText: body?.text ?? '', fingerprint };
  };
}

const keyOf = (request: Request): string | null => idempotencyKeyOf(request.get('idempotency-key'));

/** Reserves the memory of a request until it has been handled. */
async function withReservation(
  budget: MemoryBudget,
  owner: string | null,
  use: (reservation: Reservation) => Promise<void>,
): Promise<void> {
  const reservation = budget.open(owner);
  try {
    await use(reservation);
  } finally {
    reservation.release();
  }
}

const keyIn = ({ input }: ParsedRequest): Credential => ({
  text: signInBody.parse(input.body).key,
  by: 'body',
});

/** Returns the actor for the audit log. For a session or a portal link it names the parent key, which outlives them. */
export function actorOf(
  { id, name, kind, tenantId, parent }: Caller,
  { requestId, clientAddress }: RequestContext,
): Actor & { keyId: string } {
  const from = { tenantId, requestId, clientAddress };
  if (parent === null) return { keyId: id, name, ...from };
  return { keyId: parent.id, name: `${parent.name} (${kind})`, ...from };
}
