import { ERROR_CODES, type ErrorCode } from '@posthorn/core';
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type ResponseConfig,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { operationsPaths } from './operations-paths.js';
import { PROBLEM_JSON, problem } from './problem.js';
import { errorCodesOf, type RouteDefinition } from './route.js';
import { ROUTES } from './routes.js';
import { SESSION_COOKIE } from './session-routes.js';

const BEARER = 'bearer';
const SESSION = 'session';

export const EVENT_STREAM = 'text/event-stream';

const INTRODUCTION = `
Posthorn delivers webhooks. Publish an event, and Posthorn sends a signed HTTP request to every webhook that is subscribed to
its type, with retries until the receiver accepts it.

- **Authentication.** Send an API key as \`Authorization: Bearer phk_…\`. A key is bound to one tenant, or it is a key for all
  tenants. A key of one tenant cannot access other tenants. A key for all tenants acts for the tenant \`default\`
  unless the request names a \`tenantId\`. The scope \`admin\` implies all other scopes. Browsers sign in with
  \`POST /v1/session\` and then use a session cookie.
- **Errors** are problem details (RFC 9457, \`application/problem+json\`). Handle them by their \`code\`, which is stable. Invalid
  input is reported in \`errors\`, one entry per field. Quote the \`requestId\` when you report a problem.
- **Pagination.** Lists return the newest items first, unless stated otherwise. To get the next page, send the \`nextCursor\`
  of a page as \`cursor\`. \`limit\` sets the page size: 1 to 200, default 50.
- **Idempotency.** Send an \`Idempotency-Key\` header to retry a POST safely. For 24 hours, a request with the same API key,
  \`Idempotency-Key\` and body returns the first response, with the header \`Idempotency-Replayed: true\`. Responses with a 5xx status,
  \`quota_exceeded\` and validation errors of the input are not stored. If the server crashes during a request, retries return
  \`idempotency_in_progress\` for up to one minute and are then executed. For \`POST /v1/events\`, the key is the
  \`idempotencyKey\` of the event: for at least 7 days, duplicates return the first event, even if their content differs.
- **Concurrency.** The keys of one tenant may have 200 calls in progress together, a key for all tenants 2000; publishing is not
  counted. Further calls return 429 \`too_many_requests\`. Changes of the same resource are made one after the other; a change that
  has to wait too long returns 503 and is not made.
- **Signatures.** Requests to receivers are signed as specified by Standard Webhooks 1.0.
`.trim();

/** Returns the OpenAPI 3.1 document of the API, generated from the same definitions as the Express routes. */
export function openApiDocument(version: string) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', BEARER, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'phk_…',
    description:
      'An API key. The roles of an operation are the accepted scopes of the key; `admin` implies all others. `x-tenancy` is ' +
      '`own` (resources of one tenant; other tenants get 404), `shared` (resources of all tenants), `all` (only for keys ' +
      'for all tenants) or `self` (the calling key).',
  });
  registry.registerComponent('securitySchemes', SESSION, {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'The cookie set by `POST /v1/session`, for pages of the same origin. Over HTTPS its name has the prefix `__Host-`. ' +
      'Cross-site requests of a browser are rejected with `cross_site_request`. A bearer token takes precedence.',
  });
  for (const [operationId, route] of Object.entries(ROUTES)) {
    registry.registerPath(operation(operationId, route));
  }
  for (const path of operationsPaths) registry.registerPath(path);
  return new OpenApiGeneratorV31(registry.definitions, { sortComponents: 'alphabetically' }).generateDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Posthorn',
        version,
        description: INTRODUCTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [...new Set(Object.values(ROUTES).map((route) => route.tag)), 'Operations'].map((name) => ({
        name,
      })),
    },
  );
}

function operation(operationId: string, route: RouteDefinition): RouteConfig {
  return {
    operationId,
    method: route.method,
    path: openApiPath(route.path),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, describeAccess(route)].filter(Boolean).join('\n\n'),
    // Any one of the roles is sufficient. OpenAPI 3.1 allows roles for every scheme.
    security: securityOf(route),
    'x-tenancy': route.tenancy,
    request: {
      ...(route.params && { params: route.params }),
      ...(route.query && { query: route.query }),
      ...(route.method === 'post' && route.idempotency !== 'none' && { headers: idempotencyHeader }),
      ...(route.body && { body: requestBody(route, route.body) }),
    },
    responses: { ...successes(route), ...failures(errorCodesOf(route)) },
  };
}

/** Converts a path from Express to OpenAPI: `/v1/webhooks/:id` → `/v1/webhooks/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function securityOf({ scope, keyInBody }: RouteDefinition): Record<string, string[]>[] {
  if (keyInBody) return [];
  const roles = scope === null ? [[]] : [scope].flat().map((each) => [each]);
  return roles.flatMap((role) => [BEARER, SESSION].map((scheme) => ({ [scheme]: role })));
}

function describeAccess({ scope, tenancy, keyInBody }: RouteDefinition): string {
  if (keyInBody) return '';
  if (scope === null) return 'Any API key can call this operation.';
  const scopes = [scope]
    .flat()
    .map((name) => `\`${name}\``)
    .join(' or ');
  return `Requires the scope ${scopes}${tenancy === 'all' ? ' and a key for all tenants' : ''}.`;
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Makes retries of this request safe. 1 to 255 printable ASCII characters.' }),
});

function requestBody(route: RouteDefinition, body: z.ZodType) {
  return {
    required: !route.bodyOptional,
    content: { 'application/json': { schema: route.documentedBody ?? body } },
  };
}

function successes(route: RouteDefinition): RouteConfig['responses'] {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, body, stream }]) => [
      status,
      {
        description,
        ...(body && { content: { [stream ? EVENT_STREAM : 'application/json']: { schema: body } } }),
      },
    ]),
  );
}

function failures(codes: ErrorCode[]): RouteConfig['responses'] {
  const statuses = [...new Set(codes.map((code) => ERROR_CODES[code].status))];
  return Object.fromEntries(statuses.map((status) => [status, failure(status, codes)]));
}

function failure(status: number, codes: ErrorCode[]): ResponseConfig {
  const described = codes
    .filter((code) => ERROR_CODES[code].status === status)
    .map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`);
  const headers = FAILURE_HEADERS[status];
  return {
    description: described.join('\n\n'),
    content: { [PROBLEM_JSON]: { schema: problem } },
    ...(headers && { headers }),
  };
}

const RETRY_AFTER: NonNullable<ResponseConfig['headers']> = {
  'Retry-After': {
    description: 'How long to wait before a retry, in seconds.',
    schema: { type: 'integer' },
  },
};

const FAILURE_HEADERS: Record<number, NonNullable<ResponseConfig['headers']>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};
