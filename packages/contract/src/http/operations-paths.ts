import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { PROBLEM_JSON, problem } from './problem.js';

const status = z.strictObject({ status: z.literal('ok') });

const get = { method: 'get' as const, tags: ['Operations'], security: [] };

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

const failure = (description: string) => ({ description, content: { [PROBLEM_JSON]: { schema: problem } } });

/** Endpoints for operating the service. They require no API key. */
export const operationsPaths: RouteConfig[] = [
  {
    ...get,
    operationId: 'health',
    path: '/healthz',
    summary: 'Check liveness',
    description: 'Responds while the process is running.',
    responses: { 200: json('The process is running.', status) },
  },
  {
    ...get,
    operationId: 'ready',
    path: '/readyz',
    summary: 'Check readiness',
    description: 'Checks that PostgreSQL and Redis respond.',
    responses: {
      200: json('PostgreSQL and Redis respond.', status),
      503: failure('`unavailable`: PostgreSQL or Redis did not respond within 2 seconds.'),
    },
  },
  {
    ...get,
    operationId: 'metrics',
    path: '/metrics',
    summary: 'Get metrics',
    description:
      'Returns metrics in the Prometheus text format. If `METRICS_TOKEN` is set, it is required as the bearer token.',
    security: [{}, { bearer: [] }],
    responses: {
      200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
      401: failure('`unauthorized`: the bearer token is missing or wrong.'),
      429: failure('`too_many_requests`: too many requests with a wrong token from this IP address.'),
    },
  },
  {
    ...get,
    operationId: 'openApi',
    path: '/openapi.json',
    summary: 'Get the OpenAPI document',
    description: 'Returns this document.',
    responses: { 200: json('The OpenAPI document.', z.record(z.string(), z.unknown())) },
  },
  {
    ...get,
    operationId: 'docs',
    path: '/docs',
    summary: 'Read the API reference',
    description: 'Returns this document as an HTML page.',
    responses: {
      200: { description: 'The API reference.', content: { 'text/html': { schema: z.string() } } },
    },
  },
];
