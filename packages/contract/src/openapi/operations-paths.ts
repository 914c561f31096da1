import { z } from 'zod';
import {
  BEARER,
  HEADERS_TOO_LARGE,
  type OpenApiOperation,
  type OpenApiResponse,
  problemResponse,
} from './openapi-operation.js';
import { egressAddresses } from '../connections/egress.js';
import { ERRORS_PATH } from '../routes/error-reference.js';
import { apiId } from '../values/ids.js';
import { headerReferences, type ResponseHeader } from '../routes/response-headers.js';
import type { SchemaComponents } from './schema-components.js';
import { publicKeys } from '../webhooks/signing-key.js';

const healthStatus = z.strictObject({ status: z.literal('ok') }).meta({ id: 'HealthStatus' });

const readiness = z
  .strictObject({
    status: z.enum(['ok', 'degraded']).meta({ id: 'ReadinessStatus' }),
    degradedBy: z.array(z.enum(['redis', 'quarantine']).meta({ id: 'DegradedBy' })).meta({
      description:
        'Why it accepts events, but sends and shows less: `redis` is unavailable, so that deliveries wait until it responds; `quarantine`: ' +
        'the database was restored, or that is being checked.',
    }),
  })
  .meta({ id: 'Readiness' });

export type ReadinessResponse = z.output<typeof readiness>;

const openApiDocument = z
  .looseObject({
    openapi: z.string().meta({ example: '3.1.0' }),
    info: z.record(z.string(), z.unknown()),
    paths: z.record(z.string(), z.unknown()),
    components: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'OpenApiDocument' });

const content = (type: string, schema: z.ZodType, schemas: SchemaComponents): OpenApiResponse['content'] => ({
  [type]: { schema: schemas.ofOutput(schema) },
});

/** Returns the GET endpoints for operating the service, by path. They require no API key. */
export function operationsPaths(schemas: SchemaComponents): Record<string, OpenApiOperation> {
  return Object.fromEntries(
    Object.entries({
      ...healthChecks(schemas),
      ...metrics(schemas),
      ...publicKeysOfWebhooks(schemas),
      ...egressOfInstallation(schemas),
      ...documents(schemas),
    }).map(([path, operation]) => [path, withHeaders(operation)]),
  );
}

/** Headers of the responses with this status, besides the headers of all responses. */
const HEADERS: Readonly<Record<string, ResponseHeader[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Adds the headers to the responses of an operation. Node itself sends 431. */
function withHeaders(operation: OpenApiOperation): OpenApiOperation {
  const responses = Object.entries(operation.responses).map(([status, response]) => {
    const { description, headers, ...rest } = response;
    const names: ResponseHeader[] = ['X-Request-Id', ...(HEADERS[status] ?? [])];
    const all = { ...headerReferences(names), ...headers };
    return [status, status === '431' ? response : { description, headers: all, ...rest }] as const;
  });
  return { ...operation, responses: Object.fromEntries(responses) };
}

const CACHED = headerReferences(['Cache-Control', 'ETag', 'Content-Encoding', 'Vary']);
const NO_STORE = headerReferences(['Cache-Control']);

type Operations = Record<string, OpenApiOperation>;

const GET = { tags: ['Operations'], security: [] } satisfies Partial<OpenApiOperation>;

const jsonContent = (schemas: SchemaComponents) => (schema: z.ZodType) =>
  content('application/json', schema, schemas);

function healthChecks(schemas: SchemaComponents): Operations {
  const json = jsonContent(schemas);
  return {
    '/healthz': {
      ...GET,
      operationId: 'checkLiveness',
      summary: 'Check liveness',
      description: 'Responds while the process is running.',
      responses: {
        200: { description: 'The process is running.', headers: NO_STORE, content: json(healthStatus) },
        ...HEADERS_TOO_LARGE,
      },
    },
    '/readyz': {
      ...GET,
      operationId: 'checkReadiness',
      summary: 'Check readiness',
      description:
        'Checks that events can be accepted: that PostgreSQL responds and stores writes, from the events that were published in the last minute, otherwise by a transaction that leaves nothing behind. Without Redis it is ready, and `degraded`.',
      responses: {
        200: {
          description: 'PostgreSQL responds and stores writes.',
          headers: NO_STORE,
          content: json(readiness),
        },
        ...HEADERS_TOO_LARGE,
        503: problemResponse(
          '`unavailable`: PostgreSQL did not respond within 2 seconds, or does not store writes.',
          schemas,
        ),
      },
    },
  };
}

function metrics(schemas: SchemaComponents): Operations {
  return {
    '/metrics': {
      ...GET,
      operationId: 'getMetrics',
      summary: 'Get metrics',
      description:
        'Returns metrics in the Prometheus text format. If `METRICS_TOKEN` is set, it is required as the bearer token.',
      security: [{}, { [BEARER]: [] }],
      responses: {
        200: { description: 'The metrics.', content: content('text/plain', z.string(), schemas) },
        401: problemResponse('`unauthorized`: the bearer token is missing or wrong.', schemas),
        429: problemResponse(
          '`too_many_requests`: too many requests with a wrong token from this IP address.',
          schemas,
        ),
      },
    },
  };
}

function publicKeysOfWebhooks(schemas: SchemaComponents): Operations {
  const json = jsonContent(schemas);
  return {
    '/.well-known/webhook-keys/{webhookId}': {
      ...GET,
      operationId: 'getPublicKeys',
      summary: 'Get the public keys of a webhook',
      description:
        'Returns the public Ed25519 keys that requests of the webhook are signed with. Responses can be cached for 5 minutes.',
      parameters: [
        {
          name: 'webhookId',
          in: 'path',
          required: true,
          description: 'The id of the webhook.',
          example: undefined,
          schema: schemas.ofInput(apiId('webhook')),
        },
      ],
      responses: {
        200: { description: 'The public keys.', headers: NO_STORE, content: json(publicKeys) },
        404: problemResponse('`not_found`: the webhook does not exist or has no Ed25519 key.', schemas),
        429: problemResponse('`too_many_requests`: too many requests from this IP address.', schemas),
        ...HEADERS_TOO_LARGE,
        503: problemResponse('`unavailable`: PostgreSQL did not respond in time.', schemas),
      },
    },
  };
}

function egressOfInstallation(schemas: SchemaComponents): Operations {
  const json = jsonContent(schemas);
  return {
    '/.well-known/webhook-egress': {
      ...GET,
      operationId: 'getEgressAddresses',
      summary: 'Get the egress addresses',
      description:
        'Returns the addresses that requests to receivers come from, as set with `POSTHORN_EGRESS_ADDRESSES`, so that firewalls can allow ' +
        'them. Responses can be cached for 5 minutes.',
      responses: {
        200: { description: 'The addresses.', headers: NO_STORE, content: json(egressAddresses) },
        404: problemResponse('`not_found`: the addresses are not set.', schemas),
        ...HEADERS_TOO_LARGE,
      },
    },
  };
}

/** This document and the pages about it. */
function documents(schemas: SchemaComponents): Operations {
  const json = jsonContent(schemas);
  return {
    '/openapi.json': {
      ...GET,
      operationId: 'getOpenApiDocument',
      summary: 'Get the OpenAPI document',
      description:
        'Returns this document, compressed if the request accepts it. It changes only with the version of Posthorn.',
      responses: {
        200: { description: 'The OpenAPI document.', headers: CACHED, content: json(openApiDocument) },
        304: { description: 'The entity tag is in `If-None-Match`.', headers: CACHED },
        ...HEADERS_TOO_LARGE,
      },
    },
    '/docs': {
      ...GET,
      operationId: 'getApiReference',
      summary: 'Read the API reference',
      description: 'Returns this document as an HTML page.',
      responses: {
        200: { description: 'The API reference.', content: content('text/html', z.string(), schemas) },
        ...HEADERS_TOO_LARGE,
      },
    },
    [ERRORS_PATH]: {
      ...GET,
      operationId: 'getErrorReference',
      summary: 'Read the error reference',
      description: 'Returns each error code with its cause and remedy, as an HTML page.',
      responses: {
        200: { description: 'The error reference.', content: content('text/html', z.string(), schemas) },
        ...HEADERS_TOO_LARGE,
      },
    },
  };
}
