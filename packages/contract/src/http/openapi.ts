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
Posthorn tells other people's servers that something happened: publish an event, and every webhook that subscribed to
its type gets one signed request, retried until it is taken.

- **Keys.** \`Authorization: Bearer phk_…\`. A key is bound to one tenant, and sees nothing of the others, or it is for
  all tenants: then it acts for the tenant \`default\` unless a call names another \`tenantId\`. The scope \`admin\` implies
  all others; no other scope implies any. A browser signs in with \`POST /v1/session\` and then has a cookie in its place.
- **Errors** are \`application/problem+json\` with a stable \`code\`.
- **Lists** have the newest first, deliveries of an \`eventType\` those of the newest event. Their \`cursor\` is the \`nextCursor\` of the page before.
- **Repeating a POST is safe** with an \`Idempotency-Key\`: for 24 hours the first answer is given again, marked with
  \`Idempotency-Replayed: true\`. The key is one of the API key. Answers of 5xx are not kept, and neither are those to input that breaks the
  schema; other refusals are. After a crash of ours in the middle of a call its key is \`idempotency_in_progress\` for up to a
  minute, and a repeat runs anew. For \`POST /v1/events\` the key is the event's own \`idempotencyKey\`, which
  stands for the first event that came with it for 7 days, whatever the later ones hold.
- **What a receiver gets** is signed as Standard Webhooks 1.0 says.
`.trim();

/** The OpenAPI 3.1 document of the whole API, made from the same table as the routes. */
export function openApiDocument(version: string) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', BEARER, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'phk_…',
    description:
      'The roles of a call are scopes of the key; `admin` implies all. `x-tenancy` says whose things it is about: `own` ' +
      '(of one tenant: to a key of another they do not exist), `shared` (of none), `all` (only for keys for all tenants) or ' +
      '`self` (the key itself).',
  });
  registry.registerComponent('securitySchemes', SESSION, {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'What `POST /v1/session` sets, for pages of the same origin. Over https its name begins with `__Host-`. Requests that ' +
      'a browser makes for a page of another site are refused with `cross_site_request`. A bearer goes before it.',
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
    description: [route.description, whoMay(route)].filter(Boolean).join('\n\n'),
    // Roles of the key, any one of which is enough, as OpenAPI 3.1 has them for every scheme.
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

/** `/v1/webhooks/:id` → `/v1/webhooks/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function securityOf({ scope, keyInBody }: RouteDefinition): Record<string, string[]>[] {
  if (keyInBody) return [];
  const roles = scope === null ? [[]] : [scope].flat().map((each) => [each]);
  return roles.flatMap((role) => [BEARER, SESSION].map((scheme) => ({ [scheme]: role })));
}

function whoMay({ scope, tenancy, keyInBody }: RouteDefinition): string {
  if (keyInBody) return '';
  if (scope === null) return 'Open to every key.';
  const scopes = [scope]
    .flat()
    .map((name) => `\`${name}\``)
    .join(' or ');
  return `Needs the scope ${scopes}${tenancy === 'all' ? ' and a key for all tenants' : ''}.`;
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Makes it safe to send the request again. Printable ASCII.' }),
});

function requestBody(route: RouteDefinition, body: z.ZodType) {
  return {
    required: !route.bodyOptional,
    content: { 'application/json': { schema: route.documentedBody ?? body } },
  };
}

function successes(route: RouteDefinition): RouteConfig['responses'] {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, body, stream }]) => [
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

const FAILURE_HEADERS: Record<number, NonNullable<ResponseConfig['headers']>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  503: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } },
};
