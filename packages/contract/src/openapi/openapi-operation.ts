import { ERROR_CODES, type ErrorCode } from '@posthorn/core';
import { z } from 'zod';
import { CONDITION } from '../routes/conditions.js';
import { PROBLEM_JSON, problem } from '../routes/problem.js';
import { errorCodesOf, mediaTypesOf, type RouteDefinition, supportsPreconditions } from '../routes/route.js';
import { type HeaderReferences, headerReferences, headersOfResponse } from '../routes/response-headers.js';
import type { JsonSchema, SchemaComponents } from './schema-components.js';
import type { Tag } from '../routes/tags.js';

/** The names of the security schemes. */
export const BEARER = 'bearer';
export const SESSION = 'session';

export const EVENT_STREAM = 'text/event-stream';

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description: string | undefined;
  example: unknown;
  schema: JsonSchema;
}

type OpenApiContent = Record<string, { schema: JsonSchema }>;

export interface OpenApiResponse {
  description: string;
  headers?: HeaderReferences;
  content?: OpenApiContent;
}

export interface OpenApiOperation {
  operationId: string;
  tags: Tag[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  'x-scopes'?: readonly (string | readonly string[])[];
  'x-tenancy'?: string;
  'x-portal-features'?: readonly (string | readonly string[])[];
  parameters?: OpenApiParameter[];
  requestBody?: { required: boolean; content: OpenApiContent };
  responses: Record<string, OpenApiResponse>;
}

/** Returns the OpenAPI operation of a route. Its named schemas are added to `schemas`. */
export function operationOf(
  operationId: string,
  route: RouteDefinition,
  schemas: SchemaComponents,
): OpenApiOperation {
  const parameters = parametersOf(route, schemas);
  const body = route.documentedBody ?? route.body;
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, describeAccess(route)].filter(Boolean).join('\n\n'),
    security: route.keyInBody ? [] : [{ [BEARER]: [] }, { [SESSION]: [] }],
    'x-scopes': [route.scope ?? []].flat(),
    'x-tenancy': route.tenancy,
    ...(route.portalFeatures && { 'x-portal-features': route.portalFeatures }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !route.bodyOptional,
        content: Object.fromEntries(
          mediaTypesOf(route).map((type) => [type, { schema: schemas.ofInput(body) }]),
        ),
      },
    }),
    responses: {
      ...withHeaders(route, successesOf(route, schemas)),
      ...HEADERS_TOO_LARGE,
      ...withHeaders(route, failuresOf(errorCodesOf(route), schemas)),
    },
  };
}

/** The response that Node sends if the URL and the headers of a request have over 16 KB. */
export const HEADERS_TOO_LARGE: OpenApiOperation['responses'] = {
  431: { description: 'The URL or the headers are too large.' },
};

/** Adds the headers to the responses of a route. */
function withHeaders(
  route: RouteDefinition,
  responses: OpenApiOperation['responses'],
): OpenApiOperation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const { description, ...rest } = response;
      const headers = headerReferences(headersOfResponse(route, Number(status)));
      return [status, { description, headers, ...rest }];
    }),
  );
}

function describeAccess({ scope, tenancy, keyInBody }: RouteDefinition): string {
  if (keyInBody) return '';
  if (scope === null) return 'Any API key can call this operation.';
  const scopes = [scope].flat().map((each) => allOf([each].flat()));
  return `Requires the scope ${scopes.join(' or ')}${tenancy === 'all' ? ' and a key for all tenants' : ''}.`;
}

/** Returns the names of scopes that are required together. */
function allOf(scopes: readonly string[]): string {
  const names = scopes.map((name) => `\`${name}\``).join(' and ');
  return scopes.length > 1 ? `(${names})` : names;
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/)
    .optional()
    .meta({ description: 'Makes retries of this request safe. 1 to 255 printable ASCII characters.' }),
});

function parametersOf(route: RouteDefinition, schemas: SchemaComponents): OpenApiParameter[] {
  const takesKey = route.method === 'post' && route.idempotency !== 'none';
  return [
    ...parametersIn('path', route.params, schemas),
    ...parametersIn('query', route.query, schemas),
    ...parametersIn('header', takesKey ? idempotencyHeader : undefined, schemas),
    ...parametersIn('header', conditionsOf(route), schemas),
  ];
}

const condition = z.string().regex(CONDITION).optional();

const ifNoneMatch = z.string().optional().meta({
  description: 'Entity tags that the client has. Returns 304 if the resource has one of them.',
});

/** The headers with conditions that a route supports. */
function conditionsOf(route: RouteDefinition): z.ZodObject | undefined {
  if (supportsPreconditions(route)) return preconditions;
  return route.hasEntityTag && route.method === 'get'
    ? z.object({ 'If-None-Match': ifNoneMatch })
    : undefined;
}

const preconditions = z.object({
  'If-Match': condition.meta({
    description:
      'The `ETag` of the resource. If it has been changed since, nothing is changed and the response is 412 `precondition_failed`. `*`: ' +
      'only if the resource exists.',
  }),
  'If-None-Match': condition.meta({ description: '`*`: only if the resource does not exist yet.' }),
});

function parametersIn(
  location: OpenApiParameter['in'],
  fields: z.ZodObject | undefined,
  schemas: SchemaComponents,
): OpenApiParameter[] {
  return Object.entries(fields?.shape ?? {}).map(([name, field]) => {
    const { description, example, ...schema } = schemas.ofInput(field);
    const isOptional = field.safeParse(undefined).success;
    return { name, in: location, required: !isOptional, description, example, schema };
  });
}

function successesOf(route: RouteDefinition, schemas: SchemaComponents): OpenApiOperation['responses'] {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, body, stream, rowTypes = [] }]) => [
      status,
      {
        description,
        ...((body || rowTypes.length > 0) && {
          content: {
            ...(body && { [stream ? EVENT_STREAM : 'application/json']: { schema: schemas.ofOutput(body) } }),
            ...Object.fromEntries(rowTypes.map((type) => [type, { schema: { type: 'string' } }])),
          },
        }),
      },
    ]),
  );
}

function failuresOf(codes: ErrorCode[], schemas: SchemaComponents): OpenApiOperation['responses'] {
  const statuses = [...new Set(codes.map((code) => ERROR_CODES[code].status))];
  return Object.fromEntries(statuses.map((status) => [status, failureOf(status, codes, schemas)]));
}

function failureOf(status: number, codes: ErrorCode[], schemas: SchemaComponents): OpenApiResponse {
  const described = codes
    .filter((code) => ERROR_CODES[code].status === status)
    .map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`);
  return problemResponse(described.join('\n\n'), schemas);
}

export function problemResponse(description: string, schemas: SchemaComponents): OpenApiResponse {
  return {
    description,
    content: { [PROBLEM_JSON]: { schema: schemas.ofOutput(problem) } },
  };
}
