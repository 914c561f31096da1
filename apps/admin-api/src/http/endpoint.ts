import type { Request, RequestHandler, Response } from 'express';
import {
  type Actor,
  type FieldError,
  type MemoryBudget,
  PosthornError,
  type Reservation,
  type TraceContext,
} from '@posthorn/core';
import {
  type OperationId,
  type RouteDefinition,
  ROUTES,
  signInBody,
  storesResponse,
  supportsPreconditions,
} from '@posthorn/contract';
import type { KeyCheck } from '@posthorn/fanout';
import type { ApiDeps } from '../deps.js';
import { BEFORE_VALIDATION, HANDLERS, INPUT_ERRORS } from '../handlers.js';
import { type ApiResponse, sendResponse } from './api-response.js';
import { withIdempotency, fingerprintOf, idempotencyKeyErrors } from './idempotency.js';
import { authorize, type Caller, type Authenticator } from './authenticate.js';
import type { BeginCall } from './call-limiter.js';
import { type Credential, credentialOf, originOf } from './credential.js';
import { hasReferences, resolveReferences } from './external-references.js';
import { sendError } from './error-handlers.js';
import { type Input, parseInput } from './parse-input.js';
import { withLocation } from './location.js';
import {
  isNotModified,
  NO_PRECONDITIONS,
  preconditionErrors,
  type Preconditions,
  preconditionsOf,
} from './preconditions.js';
import { toPosthornError } from './problem-response.js';
import { bodyReader } from './read-body.js';
import type { RateLimit } from './rate-limit.js';
import type { UploadSpeed } from './receive-bytes.js';
import { contextOf, noteRate, type RequestContext } from './request-context.js';

/** Type of all handlers, for requests parsed by the schemas of the route. */
type AnyHandler = (
  request: {
    caller: Caller;
    keyCheck: KeyCheck | undefined;
    actor: Actor;
    idempotencyKey: string | null;
    preconditions: Preconditions;
    noteRate: (rate: RateLimit) => void;
    trace: TraceContext | null;
    isStillAuthenticated: () => Promise<boolean>;
    origin: () => string | null;
    isSecure: () => boolean;
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

/** Who makes a call, by which credential. */
interface Identity {
  caller: Caller;
  credential: Credential | null;
  /** The check that remains to be made if the caller is only remembered. */
  keyCheck?: KeyCheck;
}

/** The owner of the bodies that are read before the caller is known. */
const SIGN_IN = 'sign-in';

/** Decides which calls are handled. */
export interface CallControl {
  authenticator: Authenticator;
  beginCall: BeginCall;
}

/** Publishing has its own limits, and the statement that stores the events can check the key. */
const PUBLISHING: ReadonlySet<OperationId> = new Set<OperationId>(['publishEvent', 'publishBatch']);

const FIRST_SERVER_ERROR = 500;

/** Handles one call: authenticates the caller, validates the input, runs the handler and sends its response. */
export function endpoint(
  operationId: OperationId,
  deps: ApiDeps,
  { authenticator, beginCall }: CallControl,
): RequestHandler {
  const route: RouteDefinition = ROUTES[operationId];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- receives the output of the schemas of the route
  const handle = HANDLERS[operationId] as AnyHandler;
  const inputErrors = INPUT_ERRORS[operationId];
  const findErrors = (body: unknown) => inputErrors?.(body, deps) ?? [];
  const read = requestReader(route, { slowestUpload: deps.slowestUpload, findErrors });
  const beforeValidation = BEFORE_VALIDATION[operationId];
  const isPublishing = PUBLISHING.has(operationId);
  /** A stored response is returned without storing events. */
  const mayRecall = ({ headers }: Request): boolean =>
    isPublishing && (!storesResponse(route) || headers['idempotency-key'] === undefined);

  async function authenticate(credential: Credential | null, response: Response): Promise<Caller> {
    const context = contextOf(response);
    const caller = await authenticator.authenticate(credential, context.clientAddress);
    context.keyId = keyIdOf(caller);
    authorize(caller, route);
    return caller;
  }

  async function resultOf(
    { request, response }: HttpCall,
    { caller, credential, keyCheck }: Identity,
    { input, bodyText, fingerprint }: ParsedRequest,
  ): Promise<ApiResponse> {
    if (hasReferences(input)) await resolveReferences(input, caller, deps.prisma);
    const context = contextOf(response);
    const preconditions = route.hasEntityTag ? preconditionsOf(request.headers) : NO_PRECONDITIONS;
    const idempotencyKey = (route.method === 'post' && request.get('idempotency-key')) || null;
    // Without spread properties and getters: V8 gives an object with either its own hidden class, which keeps all that the
    // getters refer to until the next full garbage collection.
    const run = async () => {
      const result = await handle(
        {
          caller,
          keyCheck,
          actor: actorOf(caller, context),
          isStillAuthenticated: () => authenticator.isStillValid(credential),
          idempotencyKey,
          preconditions,
          noteRate: (rate) => noteRate(context, rate),
          trace: context.trace ?? null,
          origin: () => originOf(request),
          isSecure: () => request.secure,
          params: input.params,
          query: input.query,
          body: input.body,
          bodyText,
        },
        deps,
      );
      return result.status === 201 ? withLocation(route, result) : result;
    };
    if (idempotencyKey === null || fingerprint === null) return run();
    const keyed = { apiKeyId: caller.id, key: idempotencyKey, fingerprint, context };
    return withIdempotency(deps, keyed, run);
  }

  /** Handles the call of a key that is found in the body, which is read before the caller is known. */
  function signIn(call: HttpCall): Promise<ApiResponse> {
    return withReservation(deps.bodyMemory, SIGN_IN, async (reservation) => {
      const parsed = await read(call.request, reservation);
      const credential = keyIn(parsed);
      const caller = await authenticate(credential, call.response);
      return resultOf(call, { credential, caller }, parsed);
    });
  }

  async function respond(call: HttpCall, identity: Identity): Promise<ApiResponse> {
    const { caller } = identity;
    const context = contextOf(call.response);
    const endCall = isPublishing ? null : beginCall(caller, (rate) => noteRate(context, rate));
    try {
      // A key for all tenants acts for many of them.
      return await withReservation(deps.bodyMemory, caller.tenantId, async (reservation) =>
        resultOf(
          call,
          identity,
          await read(call.request, reservation, (body) => beforeValidation?.(caller, body, deps)),
        ),
      );
    } finally {
      endCall?.();
    }
  }

  /** Handles a call of a remembered caller. If no statement has checked the key, the response depends on a lookup. */
  async function respondRemembered(call: HttpCall, { caller, credential }: Identity): Promise<ApiResponse> {
    const keyCheck: KeyCheck = { key: caller, state: 'pending' };
    async function assertChecked(): Promise<void> {
      if (keyCheck.state === 'active') return authenticator.noteUse(caller);
      await authenticate(credential, call.response);
      if (keyCheck.state === 'refused') throw new PosthornError('unavailable', { detail: KEY_CHANGED });
    }
    contextOf(call.response).keyId = keyIdOf(caller);
    let result: ApiResponse;
    try {
      authorize(caller, route);
      result = await respond(call, { caller, credential, keyCheck });
    } catch (error) {
      // A server error reveals nothing to the caller, so the key needs no check. Refusing calls in an overload has to be cheap.
      if (toPosthornError(error).status < FIRST_SERVER_ERROR) await assertChecked();
      throw error;
    }
    await assertChecked();
    return result;
  }

  async function responseTo(call: HttpCall): Promise<ApiResponse> {
    if (route.keyInBody) return signIn(call);
    const credential = credentialOf(call.request, deps.publicOrigin);
    const remembered = mayRecall(call.request) ? authenticator.recall(credential) : null;
    if (remembered) return respondRemembered(call, { credential, caller: remembered });
    return respond(call, { credential, caller: await authenticate(credential, call.response) });
  }

  return async (request, response) => {
    try {
      const result = await responseTo({ request, response });
      sendResponse(response, route.hasEntityTag ? unlessNotModified(request, result) : result);
    } catch (error) {
      // Not left to Express, which would compare the paths of all other routes on the way to its error handler.
      sendError(response, error);
    }
  };
}

const KEY_CHANGED = 'The API key has been changed. Nothing was stored; retry.';

interface HttpCall {
  request: Request;
  response: Response;
}

/** Returns a function that reads and validates the input of a request. It does not keep the bytes of the body. */
function requestReader(
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

/** Replaces the response to a GET if the client has the resource already. */
function unlessNotModified({ method, headers }: Request, response: ApiResponse): ApiResponse {
  const tag = response.headers?.['etag'];
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead || tag === undefined || !isNotModified(preconditionsOf(headers), tag)) return response;
  return { status: 304, body: null, headers: { etag: tag } };
}

/** Reserves the memory of a request until it has been handled. */
async function withReservation<Result>(
  budget: MemoryBudget,
  owner: string | null,
  use: (reservation: Reservation) => Promise<Result>,
): Promise<Result> {
  const reservation = budget.open(owner);
  try {
    return await use(reservation);
  } finally {
    reservation.release();
  }
}

const keyIn = ({ input }: ParsedRequest): Credential => ({
  text: signInBody.parse(input.body).key,
  by: 'body',
});

/** Returns the key that a caller uses: for a session or a portal link its parent, which outlives them. */
const keyIdOf = ({ id, parent }: Caller): string => parent?.id ?? id;

/** Returns the actor for the audit log. */
export function actorOf(
  caller: Caller,
  { requestId, clientAddress }: RequestContext,
): Actor & { keyId: string } {
  const { id, name, kind, tenantId, parent } = caller;
  const linkId = kind === 'portal' ? id : null;
  const fullName = parent === null ? name : `${parent.name} (${kind})`;
  return { keyId: keyIdOf(caller), name: fullName, tenantId, linkId, requestId, clientAddress };
}
