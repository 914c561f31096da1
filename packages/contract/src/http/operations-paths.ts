import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { PROBLEM_JSON, problem } from './problem.js';

const status = z.strictObject({ status: z.literal('ok') });

const get = { method: 'get' as const, tags: ['Operations'], security: [] };

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

const fault = (description: string) => ({ description, content: { [PROBLEM_JSON]: { schema: problem } } });

/** What runs a service needs beside the API proper. No API key is needed for any of it. */
export const operationsPaths: RouteConfig[] = [
  {
    ...get,
    operationId: 'health',
    path: '/healthz',
    summary: 'Whether the process is up',
    responses: { 200: json('It is.', status) },
  },
  {
    ...get,
    operationId: 'ready',
    path: '/readyz',
    summary: 'Whether PostgreSQL and Redis answer',
    responses: { 200: json('Both do.', status), 503: fault('`unavailable`: not within 2 seconds.') },
  },
  {
    ...get,
    operationId: 'metrics',
    path: '/metrics',
    summary: 'Metrics in the text format of Prometheus',
    description: 'With `METRICS_TOKEN` set that token is needed as the bearer token.',
    security: [{}, { bearer: [] }],
    responses: {
      200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
      401: fault('`unauthorized`: the bearer token is missing or wrong.'),
      429: fault('`too_many_requests`: too many wrong tokens came from this address.'),
    },
  },
  {
    ...get,
    operationId: 'openApi',
    path: '/openapi.json',
    summary: 'This document',
    responses: { 200: json('The document.', z.record(z.string(), z.unknown())) },
  },
  {
    ...get,
    operationId: 'docs',
    path: '/docs',
    summary: 'This document as a page to read',
    responses: { 200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } } },
  },
];
