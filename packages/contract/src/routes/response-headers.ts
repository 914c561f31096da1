import { ERROR_CODES } from '@posthorn/core';
import { errorCodesOf, type RouteDefinition, storesResponse } from './route.js';

export interface OpenApiHeader {
  description: string;
  schema: { type: 'string' | 'integer' };
}

const text = (description: string): OpenApiHeader => ({ description, schema: { type: 'string' } });

/** The headers of responses, by name. The security headers, which every response has, are in the introduction. */
export const RESPONSE_HEADERS = {
  'X-Request-Id': text('Identifies the request, also in the logs. The one of the request if it is valid.'),
  'Cache-Control': text('Whether caches may store the response. `no-store` for all resources.'),
  'RateLimit-Policy': text(
    'The limit that the call counts toward, as in draft-ietf-httpapi-ratelimit-headers-11: `"events";q=100;w=1` for the events that ' +
      'the tenant may publish per second, `"calls";q=200;qu="concurrent-requests"` for its calls in progress. Absent if the rate is not limited.',
  ),
  RateLimit: text(
    'What remains of the limit, as in draft-ietf-httpapi-ratelimit-headers-11: `"events";r=7`. `t` is the time until a refused call can ' +
      'be repeated, in seconds.',
  ),
  ETag: text(
    'The entity tag of the resource, for `If-Match`. It covers settings and status, not health or usage.',
  ),
  Location: text('The path of the created resource.'),
  'Retry-After': {
    description: 'How long to wait before a retry, in seconds.',
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': text('`Bearer`.'),
  'Idempotency-Replayed': text(
    '`true` if this is the stored response to an earlier request with the same key.',
  ),
  'Set-Cookie': text('The session cookie.'),
  'X-Accel-Buffering': text('`no`: proxies must not buffer the events.'),
  'Content-Encoding': text('`gzip` if the request accepts it.'),
  Vary: text('`Accept-Encoding`.'),
} as const satisfies Record<string, OpenApiHeader>;

export type ResponseHeader = keyof typeof RESPONSE_HEADERS;

export type HeaderReferences = Record<string, { $ref: string }>;

/** Returns references to the descriptions of headers. */
export const headerReferences = (names: readonly ResponseHeader[]): HeaderReferences =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const FIRST_ERROR = 400;

/** Returns the headers of the responses of a route with this status. */
export function headersOfResponse(route: RouteDefinition, status: number): ResponseHeader[] {
  return [
    'X-Request-Id',
    'Cache-Control',
    ...(isCounted(route, status) ? (['RateLimit-Policy', 'RateLimit'] as const) : []),
    ...(status < FIRST_ERROR ? headersOfSuccess(route, status) : headersOfError(route, status)),
    ...(storesResponse(route) && isStored(status) ? (['Idempotency-Replayed'] as const) : []),
  ];
}

/** Signing in counts toward no limit, and neither do calls without a valid key. */
const isCounted = ({ keyInBody }: RouteDefinition, status: number): boolean =>
  keyInBody === undefined && status !== ERROR_CODES.unauthorized.status;

const isStored = (status: number): boolean =>
  status < ERROR_CODES.internal_error.status &&
  status !== ERROR_CODES.unauthorized.status &&
  status !== ERROR_CODES.precondition_failed.status &&
  status !== ERROR_CODES.too_many_requests.status;

function headersOfSuccess(route: RouteDefinition, status: number): ResponseHeader[] {
  const { location, headers = [], body, stream } = route.responses[status] ?? {};
  const isTagged = route.hasEntityTag && (body !== null || route.method === 'get');
  return [
    ...(isTagged ? (['ETag'] as const) : []),
    ...(location === undefined ? [] : (['Location'] as const)),
    ...(stream ? (['X-Accel-Buffering'] as const) : []),
    ...headers,
  ];
}

/** Statuses of errors that may be gone at a repeat, besides the status of a request in progress. */
const TEMPORARY: ReadonlySet<number> = new Set([
  ERROR_CODES.request_timeout.status,
  ERROR_CODES.too_many_requests.status,
  ERROR_CODES.unavailable.status,
]);

function headersOfError(route: RouteDefinition, status: number): ResponseHeader[] {
  if (status === ERROR_CODES.unauthorized.status) return ['WWW-Authenticate'];
  const mayBeInProgress =
    status === ERROR_CODES.idempotency_in_progress.status &&
    errorCodesOf(route).includes('idempotency_in_progress');
  return mayBeInProgress || TEMPORARY.has(status) ? ['Retry-After'] : [];
}
