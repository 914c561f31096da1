import type { Actor, TraceContext } from '@posthorn/core';
import type { OperationId, Routes } from '@posthorn/contract';
import type { Response } from 'express';
import type { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import type { Caller } from './authenticate.js';

type Parsed<Route, Part extends string> =
  Route extends Record<Part, infer Schema>
    ? Schema extends z.ZodType
      ? z.output<Schema>
      : undefined
    : undefined;

/** A request, known to be from somebody who may make it, and to fit its route. */
export interface ApiRequest<Route> {
  caller: Caller;
  /** The same, as it goes on record. */
  actor: Actor;
  idempotencyKey: string | null;
  trace: TraceContext | null;
  /** Whether the caller would still be let in. */
  isStillAuthenticated: () => Promise<boolean>;
  /** Where the client sees this API; null when its Host header names no host. */
  origin: () => string | null;
  /** Whether it came over TLS. */
  isSecure: boolean;
  params: Parsed<Route, 'params'>;
  query: Parsed<Route, 'query'>;
  body: Parsed<Route, 'body'>;
}

type BodyOf<Definition> = Definition extends { body: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : null;

/** One of the answers that the route declares. */
export type ResponseOf<Route> = Route extends { answers: infer Answers }
  ? {
      [Status in keyof Answers]: Answers[Status] extends { stream: true }
        ? { status: Status; body: null; stream: (response: Response) => void }
        : { status: Status; body: BodyOf<Answers[Status]>; headers?: Record<string, string> };
    }[keyof Answers]
  : never;

export type Handler<Id extends OperationId> = (
  request: ApiRequest<Routes[Id]>,
  deps: ApiDeps,
) => Promise<ResponseOf<Routes[Id]>>;

/** One for each route: a route without a handler does not compile. */
export type Handlers = { [Id in OperationId]: Handler<Id> };
