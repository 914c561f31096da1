import { operationsPaths } from './operations-paths.js';
import { BEARER, type OpenApiOperation, operationOf, SESSION } from './openapi-operation.js';
import type { Method } from '../routes/route.js';
import { type OpenApiHeader, RESPONSE_HEADERS } from '../routes/response-headers.js';
import { ROUTES } from './routes.js';
import { signInPaths } from './sign-in-paths.js';
import { type JsonSchema, SchemaComponents } from './schema-components.js';
import { SESSION_COOKIE } from '../access/session-routes.js';
import { TAGS } from '../routes/tags.js';

const INTRODUCTION = `
Posthorn delivers webhooks. Publish an event, and Posthorn sends a signed HTTP request to every webhook that is subscribed to
its type, with retries until the receiver accepts it.

- **Authentication.** Send an API key as \`Authorization: Bearer phk_…\`. A key is bound to one tenant, or it is a key for all
  tenants. A key of one tenant cannot access other tenants. A key for all tenants acts for the tenant \`default\`
  unless the request names a \`tenantId\`. The scope \`admin\` implies all other scopes. Browsers sign in with
  \`POST /v1/session\` or with single sign-on (\`GET /v1/sso/start\`), and then use a session cookie.
- **Errors** are problem details (RFC 9457, \`application/problem+json\`). Handle them by their \`code\`, which is stable. Invalid
  input is reported in \`errors\`, all of it at once. \`type\` links to the entry of the code in the [error reference](/docs/errors). Quote the \`requestId\` when you report a problem.
- **Pagination.** Lists return the newest items first, unless stated otherwise. To get the next page, send the \`nextCursor\`
  of a page as \`cursor\`. \`limit\` sets the page size: 1 to 200, default 50.
- **Idempotency.** Send an \`Idempotency-Key\` header to retry a POST safely. For 24 hours, a request with the same API key,
  \`Idempotency-Key\` and body returns the first response, with the header \`Idempotency-Replayed: true\`. With another body, it
  returns \`idempotency_key_reused\`. Responses with the status 5xx, 429 or 412, \`quota_exceeded\` and validation errors of the input are not
  stored. Conditions such as \`If-Match\` are not compared. If the server crashes during a request, retries return \`idempotency_in_progress\` for up to one minute and are then
  executed. For \`POST /v1/events\`, the key is the \`idempotencyKey\` of the event: for at least 7 days, duplicates return the
  first event, with the same header.
- **Conditional requests.** Webhooks and tenants have an entity tag in \`ETag\`, which changes with their settings and status, not with
  their health or usage. Send it as \`If-Match\` to change a resource only if it is still the same, otherwise the response is 412
  \`precondition_failed\`; as \`If-None-Match\` to get 304 instead of an unchanged resource. A PATCH is a JSON Merge Patch (RFC 7396) of
  one level: each given setting is replaced as a whole.
- **Headers.** Every response has an \`X-Request-Id\` and the security headers \`Content-Security-Policy\`, \`Cross-Origin-Opener-Policy\`,
  \`Cross-Origin-Resource-Policy\`, \`Origin-Agent-Cluster\`, \`Referrer-Policy\`, \`Strict-Transport-Security\`, \`X-Content-Type-Options\`,
  \`X-DNS-Prefetch-Control\`, \`X-Download-Options\`, \`X-Frame-Options\`, \`X-Permitted-Cross-Domain-Policies\` and \`X-XSS-Protection\`.
  HEAD is available wherever GET is, except for streams.
- **Concurrency.** The keys of one tenant may have 200 calls in progress together, a key for all tenants 2000; publishing is not
  counted. Further calls return 429 \`too_many_requests\`. Changes of the same resource are applied one at a time; a change that
  waits too long returns 503 and is not applied.
- **Signatures.** Requests to receivers are signed as specified by Standard Webhooks 1.0.
`.trim();

const SECURITY_SCHEMES = {
  [BEARER]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'phk_…',
    description:
      'An API key. `x-scopes` of an operation lists the accepted scopes of the key: one entry is sufficient (an inner list: all of it), none means any key, and ' +
      '`admin` implies all others. `x-tenancy` is `own` (resources of one tenant; other tenants get 404), `shared` (resources of ' +
      'all tenants), `all` (only for keys for all tenants) or `self` (the calling key).',
  },
  [SESSION]: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'The cookie set by `POST /v1/session` or single sign-on, for pages of the same origin. Over HTTPS its name has the prefix `__Host-`. ' +
      'Cross-site requests of a browser are rejected with `cross_site_request`. A bearer token takes precedence.',
  },
} as const;

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string; license: object; contact: object };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, OpenApiOperation>>>;
  components: {
    schemas: Record<string, JsonSchema>;
    headers: Record<string, OpenApiHeader>;
    securitySchemes: typeof SECURITY_SCHEMES;
  };
}

/** Returns the OpenAPI 3.1 document of the API, generated from the same definitions as the Express routes. */
export function openApiDocument(version: string): OpenApiDocument {
  const schemas = new SchemaComponents();
  const paths: OpenApiDocument['paths'] = {};
  for (const [operationId, route] of Object.entries(ROUTES)) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(operationId, route, schemas) };
  }
  for (const [path, get] of Object.entries(operationsPaths(schemas))) paths[path] = { get };
  Object.assign(paths, signInPaths(schemas));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Posthorn',
      version,
      description: INTRODUCTION,
      contact: { name: 'Posthorn contributors' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.sorted(),
      headers: RESPONSE_HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** Converts a path from Express to OpenAPI: `/v1/webhooks/:id` → `/v1/webhooks/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}
