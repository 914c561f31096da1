import type { Actor, FieldError, TraceContext } from '@posthorn/core';
import type { OperationId, Routes } from '@posthorn/contract';
import type { KeyCheck } from '@posthorn/fanout';
import type { Response } from 'express';
import type { z } from 'zod';
import type { Caller } from '../access/authenticate.js';
import type { Preconditions } from '../http/preconditions.js';
import type { RateLimit } from '../http/rate-limit.js';

type Parsed<Route, Part extends string> =
  Route extends Record<Part, infer Schema>
    ? Schema extends z.ZodType
      ? z.output<Schema>
      : undefined
    : undefined;

/** An authorized request with valid input. */
export interface ApiRequest<Route> {
  caller: Caller;
  /** The check of the caller's key that storing its events has to make. */
  keyCheck: KeyCheck | undefined;
  /** The caller, for the audit log. */
  actor: Actor;
  idempotencyKey: string | null;
  trace: TraceContext | null;
  /** The conditions of a change. Routes without entity tags ignore them. */
  preconditions: Preconditions;
  /** Notes the state of a limit, for the headers of the response. */
  noteRate: (rate: RateLimit) => void;
  /** Returns whether the caller's key is still valid. */
  isStillAuthenticated: () => Promise<boolean>;
  /** Ends the count of the call as one in progress: from then on it only waits. */
  endCall: () => void;
  /** Calls `onClosed` when the client disconnects, or has the response. */
  whenClosed: (onClosed: () => void) => void;
  /** Returns the origin at which the client reached this API; null if its Host header is invalid. */
  origin: () => string | null;
  /** Returns which of these media types the client prefers, the first one if all are equal; false for none. */
  accepts: (types: string[]) => string | false;
  /** Returns whether the request came over TLS. */
  isSecure: () => boolean;
  params: Parsed<Route, 'params'>;
  query: Parsed<Route, 'query'>;
  body: Parsed<Route, 'body'>;
  /** The body as the client wrote it, as JSON text. Empty without a body. */
  bodyText: string;
}

type BodyOf<Definition> = Definition extends { body: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : null;

type ResponseWith<Status, Body> =
  | { status: Status; body: Body; headers?: Record<string, string> }
  | (Body extends { data: unknown } ? { status: Status; body: Omit<Body, 'data'>; dataText: string } : never);

/** All rows of a list. */
export interface RowStream<Status> {
  status: Status;
  body: null;
  contentType: string;
  stream: (response: Response) => void;
}

/** One of the responses that the route declares. */
export type ResponseOf<Route> = Route extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Responses[Status] extends { stream: true }
        ? { status: Status; body: null; stream: (response: Response) => void }
        : | ResponseWith<Status, BodyOf<Responses[Status]>>
          | (Responses[Status] extends { rowTypes: readonly string[] } ? RowStream<Status> : never);
    }[keyof Responses]
  : never;

/** Handles the calls of an operation. */
export type Handler<Id extends OperationId, Deps> = (
  request: ApiRequest<Routes[Id]>,
  deps: Deps,
) => Promise<ResponseOf<Routes[Id]>>;

/** Checks the parsed JSON body of a call before it is validated. @throws PosthornError that refuses the call */
export type BeforeValidation = (caller: Caller, body: unknown) => void;

/** Returns the errors of a parsed JSON body that its schema does not find. The body may be invalid in other ways, too. */
export type InputErrors = (body: unknown) => FieldError[];

/** One handler per route, bound to its dependencies: a route without a handler does not compile. */
export type Handlers = {
  [Id in OperationId]: (request: ApiRequest<Routes[Id]>) => Promise<ResponseOf<Routes[Id]>>;
};
