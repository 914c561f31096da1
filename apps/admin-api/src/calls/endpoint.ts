import type { Request, RequestHandler, Response } from 'express';
import {
  type Actor,
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
} from '@posthorn/contract';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { KeyCheck } from '@posthorn/fanout';
import type { Quarantine } from '@posthorn/flow';
import { recordFailedSignIn } from '../access/failed-sign-in.js';
import { assertReleased } from './assert-released.js';
import { inOneTenant } from '../access/in-one-tenant.js';
import { type ApiResponse, sendResponse } from '../http/api-response.js';
import { type IdempotencyDeps, withIdempotency } from '../http/idempotency.js';
import {
  authorize,
  type Caller,
  type Authenticator,
  findMissing,
  reachesTenant,
  seesAllTenants,
} from '../access/authenticate.js';
import type { BeginCall } from '../access/call-limiter.js';
import { type Credential, credentialOf, originOf } from '../access/credential.js';
import type { BeforeValidation, Handlers, InputErrors } from './handler.js';
import { hasReferences, resolveReferences } from './external-references.js';
import { sendError } from '../http/error-handlers.js';
import type { UploadSpeed } from '../http/receive-bytes.js';
import { whenClosed } from '../http/when-closed.js';
import { withLocation } from '../http/location.js';
import {
  isNotModified,
  NO_PRECONDITIONS,
  type Preconditions,
  preconditionsOf,
} from '../http/preconditions.js';
import { toPosthornError } from '../http/problem-response.js';
import type { RateLimit } from '../http/rate-limit.js';
import { type ParsedRequest, requestReader } from '../http/request-reader.js';
import { contextOf, type Holder, noteRate, type RequestContext } from '../http/request-context.js';

/** Type of all handlers, for requests parsed by the schemas of the route. */
type AnyHandler = (request: {
  caller: Caller;
  keyCheck: KeyCheck | undefined;
  actor: Actor;
  idempotencyKey: string | null;
  preconditions: Preconditions;
  noteRate: (rate: RateLimit) => void;
  trace: TraceContext | null;
  isStillAuthenticated: () => Promise<boolean>;
  endCall: () => void;
  whenClosed: (onClosed: () => void) => void;
  origin: () => string | null;
  accepts: (types: string[]) => string | false;
  isSecure: () => boolean;
  params: unknown;
  query: unknown;
  body: unknown;
  bodyText: string;
}) => Promise<ApiResponse>;

/** Who makes a call, by which credential. */
interface Identity {
  caller: Caller;
  credential: Credential | null;
  /** The check that remains to be made if the caller is only remembered. */
  keyCheck?: KeyCheck;
  /** Ends the count of the call as one in progress. */
  endCall?: () => void;
}

/** The owner of the bodies that are read before the caller is known. */
const SIGN_IN = 'sign-in';

/** What the operations do. */
export interface Operations {
  handlers: Handlers;
  /** Checks before the validation of a call. */
  beforeValidation: Partial<Record<OperationId, BeforeValidation>>;
  /** Rules for the input of a call beyond its schema. */
  inputErrors: Partial<Record<OperationId, InputErrors>>;
}

/** Decides which calls are handled, and by what. */
export interface CallControl {
  authenticator: Authenticator;
  beginCall: BeginCall;
  operations: Operations;
}

export interface CallDeps extends IdempotencyDeps {
  prisma: PrismaDb;
  quarantine: Pick<Quarantine, 'state'>;
  publicOrigin: string | null;
  /** For the bodies of all requests in progress. */
  bodyMemory: MemoryBudget;
  /** Slower uploads end with 408. */
  slowestUpload: UploadSpeed;
}

/** Publishing has its own limits, and the statement that stores the events can check the key. */
const PUBLISHING: ReadonlySet<OperationId> = new Set<OperationId>(['publishEvent', 'publishBatch']);

const FIRST_SERVER_ERROR = 500;

/** Returns what handles the calls of an operation: it authenticates the caller, validates the input, runs the handler and responds. */
export function endpoint(operationId: OperationId, deps: CallDeps, control: CallControl): RequestHandler {
  const { route, responseTo } = new Endpoint(operationId, deps, control);
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

class Endpoint {
  readonly route: RouteDefinition;
  readonly #operationId: OperationId;
  readonly #deps: CallDeps;
  readonly #control: CallControl;
  readonly #handle: AnyHandler;
  readonly #read: ReturnType<typeof requestReader>;
  readonly #isPublishing: boolean;

  constructor(operationId: OperationId, deps: CallDeps, control: CallControl) {
    this.route = ROUTES[operationId];
    this.#operationId = operationId;
    this.#deps = deps;
    this.#control = control;
    const { operations } = control;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- receives the output of the schemas of the route
    this.#handle = operations.handlers[operationId] as AnyHandler;
    const inputErrors = operations.inputErrors[operationId];
    const findErrors = (body: unknown) => inputErrors?.(body) ?? [];
    this.#read = requestReader(this.route, { slowestUpload: deps.slowestUpload, findErrors });
    this.#isPublishing = PUBLISHING.has(operationId);
  }

  readonly responseTo = async (call: HttpCall): Promise<ApiResponse> => {
    if (this.route.keyInBody) return this.#signIn(call);
    const credential = credentialOf(call.request, this.#deps.publicOrigin);
    const remembered = this.#mayRecall(call.request) ? this.#control.authenticator.recall(credential) : null;
    if (remembered) return this.#respondRemembered(call, { credential, caller: remembered });
    return this.#respond(call, { credential, caller: await this.#authenticate(credential, call.response) });
  };

  /** Whether a statement that stores events will check the key. A stored response is returned without one. */
  #mayRecall({ headers }: Request): boolean {
    return this.#isPublishing && (!storesResponse(this.route) || headers['idempotency-key'] === undefined);
  }

  async #authenticate(credential: Credential | null, response: Response): Promise<Caller> {
    const context = contextOf(response);
    const caller = await this.#control.authenticator.authenticate(credential, context.clientAddress);
    context.holder = holderOf(caller);
    authorize(caller, this.route);
    return caller;
  }

  /** Handles the call of a key that is found in the body, which is read before the caller is known. */
  #signIn(call: HttpCall): Promise<ApiResponse> {
    return withReservation(this.#deps.bodyMemory, SIGN_IN, async (reservation) => {
      const parsed = await this.#read(call.request, reservation);
      const credential = keyIn(parsed);
      const caller = await this.#authenticateSignIn(credential, call.response);
      return this.#resultOf(call, { credential, caller }, parsed);
    });
  }

  /** Authenticates a sign-in. One that fails is an entry of the audit log. */
  async #authenticateSignIn(credential: Credential, response: Response): Promise<Caller> {
    try {
      return await this.#authenticate(credential, response);
    } catch (error) {
      if (toPosthornError(error).code === 'unauthorized')
        await recordFailedSignIn(this.#deps.pool, contextOf(response));
      throw error;
    }
  }

  /** Handles a call of a remembered caller. If no statement has checked the key, the response depends on a lookup. */
  async #respondRemembered(call: HttpCall, { caller, credential }: Identity): Promise<ApiResponse> {
    const keyCheck: KeyCheck = { key: caller, state: 'pending' };
    const assertChecked = async (): Promise<void> => {
      if (keyCheck.state === 'active') return this.#control.authenticator.noteUse(caller);
      await this.#authenticate(credential, call.response);
      if (keyCheck.state === 'refused') throw new PosthornError('unavailable', { detail: KEY_CHANGED });
    };
    contextOf(call.response).holder = holderOf(caller);
    let result: ApiResponse;
    try {
      authorize(caller, this.route);
      result = await this.#respond(call, { caller, credential, keyCheck });
    } catch (error) {
      // A server error reveals nothing to the caller, so the key needs no check. Refusing calls in an overload has to be cheap.
      if (toPosthornError(error).status < FIRST_SERVER_ERROR) await assertChecked();
      throw error;
    }
    await assertChecked();
    return result;
  }

  async #respond(call: HttpCall, identity: Identity): Promise<ApiResponse> {
    const { caller } = identity;
    const context = contextOf(call.response);
    const beforeValidation = this.#control.operations.beforeValidation[this.#operationId];
    const endCall = this.#isPublishing
      ? null
      : this.#control.beginCall(caller, (rate) => noteRate(context, rate));
    try {
      // A key for all tenants acts for many of them.
      return await withReservation(this.#deps.bodyMemory, caller.tenantId, async (reservation) =>
        this.#resultOf(
          call,
          { ...identity, ...(endCall && { endCall }) },
          await this.#read(call.request, reservation, (body) => beforeValidation?.(caller, body)),
        ),
      );
    } finally {
      endCall?.();
    }
  }

  async #resultOf(
    { request, response }: HttpCall,
    { caller, credential, keyCheck, endCall = () => {} }: Identity,
    { input, bodyText, fingerprint }: ParsedRequest,
  ): Promise<ApiResponse> {
    const { route } = this;
    if (hasReferences(input)) await resolveReferences(input, caller, this.#deps.prisma);
    // Each published event can name another tenant.
    const { caller: acting, isReached } = this.#isPublishing
      ? { caller, isReached: true }
      : await inOneTenant(caller, { route, input }, this.#deps);
    const context = contextOf(response);
    const preconditions = route.hasEntityTag ? preconditionsOf(request.headers) : NO_PRECONDITIONS;
    const idempotencyKey = (route.method === 'post' && request.get('idempotency-key')) || null;
    // Without spread properties and getters: V8 gives an object with either its own hidden class, which keeps all that the
    // getters refer to until the next full garbage collection.
    const run = async () => {
      this.#assertReleased();
      const result = await this.#handle({
        caller: acting,
        keyCheck,
        actor: actorOf(caller, context),
        isStillAuthenticated: () =>
          this.#control.authenticator.isStillValid(credential, (current) =>
            mayContinue(current, acting, route),
          ),
        endCall,
        whenClosed: (onClosed) => whenClosed(response, onClosed),
        idempotencyKey,
        preconditions,
        noteRate: (rate) => noteRate(context, rate),
        trace: context.trace ?? null,
        origin: () => originOf(request),
        accepts: (types) => request.accepts(types),
        isSecure: () => request.secure,
        params: input.params,
        query: input.query,
        body: input.body,
        bodyText,
      });
      // It may have read a database that was restored meanwhile.
      this.#assertReleased();
      return result.status === 201 ? withLocation(route, result) : result;
    };
    // A response that was stored when the key still reached the tenant is not returned.
    if (!isReached || idempotencyKey === null || fingerprint === null) return run();
    const keyed = { apiKeyId: caller.id, key: idempotencyKey, fingerprint, context };
    return withIdempotency(this.#deps, keyed, run);
  }

  /** @throws PosthornError if the route is refused while the database is quarantined, and it is */
  #assertReleased(): void {
    if (this.route.isHeldInQuarantine) assertReleased(this.#deps);
  }
}

/** Returns whether the present rights of a key still allow a call that it made before. */
const mayContinue = (current: Caller, { tenantId }: Caller, route: RouteDefinition): boolean =>
  findMissing(current, route) === null &&
  (tenantId === null ? seesAllTenants(current) : reachesTenant(current, tenantId));

const KEY_CHANGED = 'The API key has been changed. Nothing was stored; retry.';

interface HttpCall {
  request: Request;
  response: Response;
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

/** Returns the key or person of a caller: for a session or a portal link its parent, which outlives them. */
export const holderOf = (caller: Caller): Holder => caller.parent ?? caller;

/** Returns the actor for the audit log. */
export function actorOf(caller: Caller, { requestId, clientAddress }: RequestContext): Actor {
  const { id, name, kind, tenantId, parent } = caller;
  const holder = holderOf(caller);
  const isPerson = holder.kind === 'person';
  return {
    keyId: isPerson ? null : holder.id,
    personId: isPerson ? holder.id : null,
    name: parent === null ? name : `${parent.name} (${kind})`,
    tenantId,
    linkId: kind === 'portal' ? id : null,
    sessionId: kind === 'session' ? id : null,
    requestId,
    clientAddress,
  };
}
