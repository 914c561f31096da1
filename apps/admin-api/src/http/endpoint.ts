import type { RequestHandler } from 'express';
import type { Actor } from '@posthorn/core';
import { type OperationId, type RouteDefinition, ROUTES, storesAnswer } from '@posthorn/contract';
import type { ApiDeps } from '../deps.js';
import { HANDLERS } from '../handlers/index.js';
import { type Answer, sendAnswer } from './answer.js';
import { answerOnce, fingerprintOf, idempotencyKeyOf } from './answer-once.js';
import { type Authenticate, authorize, type Caller } from './authenticate.js';
import { contextOf } from './request-context.js';
import { parseInput } from './parse-input.js';
import { bodyReader } from './read-body.js';

/** Any handler, for a request that was parsed by the route of the same name. */
type AnyHandler = (
  request: {
    caller: Caller;
    actor: Actor;
    idempotencyKey: string | null;
    params: unknown;
    query: unknown;
    body: unknown;
  },
  deps: ApiDeps,
) => Promise<Answer>;

const NOTHING = Buffer.alloc(0);

/** The path of one call: know the caller, read and judge the input, do it, answer. */
export function endpoint(
  operationId: OperationId,
  deps: ApiDeps,
  authenticate: Authenticate,
): RequestHandler {
  const route: RouteDefinition = ROUTES[operationId];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is given what its own route's schemas made
  const handle = HANDLERS[operationId] as AnyHandler;
  const readBody = route.body && bodyReader(route);

  return async (request, response) => {
    const context = contextOf(response);
    const { requestId, clientAddress } = context;
    const caller = await authenticate(request.headers.authorization, clientAddress);
    context.keyId = caller.id;
    authorize(caller, route);

    const body = await readBody?.(request, response);
    const input = parseInput(route, { params: request.params, query: request.query, body: body?.json });
    const idempotencyKey = route.method === 'post' ? idempotencyKeyOf(request.get('idempotency-key')) : null;
    const actor = { keyId: caller.id, name: caller.name, requestId, clientAddress };
    const run = () => handle({ caller, actor, idempotencyKey, ...input }, deps);

    if (idempotencyKey === null || !storesAnswer(route)) {
      sendAnswer(response, await run());
      return;
    }
    const { method, originalUrl: path } = request;
    const fingerprint = fingerprintOf({ method, path, body: body?.raw ?? NOTHING });
    const keyed = { apiKeyId: caller.id, key: idempotencyKey, fingerprint, requestId };
    sendAnswer(response, await answerOnce(deps, keyed, run));
  };
}
