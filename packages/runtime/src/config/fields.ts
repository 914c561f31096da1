import { parseUrl } from '@posthorn/core';
import { z } from 'zod';

/** One environment variable: how it is called, what it means, and how its text becomes a value. */
export interface Field<T = unknown> {
  env: string;
  description: string;
  /** The text that stands for an unset variable; without one the variable must be set. */
  default?: string;
  /** Never printed. */
  secret?: true;
  schema: z.ZodType<T, string>;
}

const field = <T>(definition: Field<T>): Field<T> => definition;

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

const url = (protocols: readonly string[]) =>
  z.string().refine((text) => protocols.includes(parseUrl(text)?.protocol ?? ''), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

const boolean = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const optional = z.string().transform((text) => (text === '' ? null : text));

const cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be CIDRs, as in 10.0.0.0/8,fd00::/8');

export const databaseUrl = field({
  env: 'DATABASE_URL',
  description:
    'PostgreSQL 15 or newer, the one place that holds the truth; with ?pgbouncer=true behind a pooler in transaction mode',
  secret: true,
  schema: url(['postgresql:', 'postgres:']),
});

export const redisUrl = field({
  env: 'REDIS_URL',
  description:
    'Redis 6.2 or newer (or Valkey), with maxmemory-policy noeviction and an append-only file; of a cluster some nodes, comma-separated',
  secret: true,
  schema: list
    .pipe(z.array(url(['redis:', 'rediss:'])).min(1, 'must name a server'))
    .transform((urls) => urls.join(',')),
});

export const redisCluster = field({
  env: 'REDIS_CLUSTER',
  description: 'Whether REDIS_URL is a Redis Cluster; POSTHORN_QUEUE_PREFIX must be in braces then',
  default: 'false',
  schema: boolean,
});

export const queuePrefix = field({
  env: 'POSTHORN_QUEUE_PREFIX',
  description:
    'What every Redis key begins with; installations that share a Redis need different ones; on a cluster as in {posthorn}',
  default: 'posthorn',
  schema: z.string().regex(/^[A-Za-z0-9_{}-]{1,64}$/, 'must be 1 to 64 letters, digits, _, -, { or }'),
});

export const queueShards = field({
  env: 'POSTHORN_QUEUE_SHARDS',
  description:
    'Queues that the deliveries of each lane are spread over, for the nodes of a cluster; the same in all processes',
  default: '1',
  schema: integer(1, 64),
});

export const encryptionKey = field({
  env: 'POSTHORN_ENCRYPTION_KEY',
  description:
    'Encrypts signing secrets and custom headers at rest: 32 random bytes in base64 (openssl rand -base64 32)',
  secret: true,
  schema: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64: make one with "openssl rand -base64 32"')
    .transform((text) => Buffer.from(text, 'base64')),
});

export const logLevel = field({
  env: 'POSTHORN_LOG_LEVEL',
  description: 'The least important messages that are logged: error, warn, info or debug',
  default: 'info',
  schema: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'),
});

export const logAttempts = field({
  env: 'POSTHORN_LOG_ATTEMPTS',
  description: 'Attempts that have a line in the log of a worker at level info: failures or all',
  // A line costs some 17 µs, about 3 % of a delivery.
  default: 'failures',
  schema: z.enum(['failures', 'all'], 'must be failures or all'),
});

export const shutdownTimeoutMs = field({
  env: 'POSTHORN_SHUTDOWN_TIMEOUT_MS',
  description: 'How long a stopping process may finish what is in flight, in milliseconds',
  // Longer than the longest request.
  default: '32000',
  schema: integer(0, 600_000),
});

export const drainMs = field({
  env: 'POSTHORN_DRAIN_MS',
  description:
    'How long a stopping API still takes requests while /readyz says that it stops, in milliseconds',
  // Load balancers that ask every few seconds have noticed by then.
  default: '5000',
  schema: integer(0, 600_000),
});

export const healthPort = field({
  env: 'POSTHORN_HEALTH_PORT',
  description: 'Port of /healthz, /readyz and /metrics of a worker or producer; 0: none',
  default: '0',
  schema: integer(0, 65_535),
});

export const outboundAllow = field({
  env: 'POSTHORN_OUTBOUND_ALLOW',
  description: 'Networks that webhooks may point at beside the public internet: CIDRs, comma-separated',
  default: '',
  schema: list.pipe(z.array(cidr)),
});

export const outboundHttp = field({
  env: 'POSTHORN_OUTBOUND_HTTP',
  description: 'Whether webhooks may use plain http',
  default: 'false',
  schema: boolean,
});

export const outboundPorts = field({
  env: 'POSTHORN_OUTBOUND_PORTS',
  description: 'Ports that webhooks may use, comma-separated; *: any',
  default: '443',
  schema: z.union([
    z.literal('*'),
    list.pipe(z.array(integer(1, 65_535)).min(1, 'must name a port, or * for any')),
  ]),
});

export const port = field({
  env: 'POSTHORN_PORT',
  description: 'Port of the admin API',
  default: '8080',
  schema: integer(0, 65_535),
});

export const host = field({
  env: 'POSTHORN_HOST',
  description: 'Address that the admin API listens on',
  default: '0.0.0.0',
  schema: z.string().min(1),
});

export const adminKey = field({
  env: 'POSTHORN_ADMIN_KEY',
  description: 'A first admin API key to register at start-up: phk_ and at least 32 characters; empty: none',
  default: '',
  secret: true,
  schema: optional.refine(
    (key) => key === null || /^phk_[A-Za-z0-9_-]{32,}$/.test(key),
    'must be phk_ and at least 32 letters, digits, _ or -',
  ),
});

/** Scheme, host and port of a URL that says no more. */
const origin = url(['http:', 'https:'])
  .refine((text) => parseUrl(text)?.href === `${parseUrl(text)?.origin}/`, 'must have no path')
  // As it may stand in a header.
  .refine((text) => /^[\w.:/[\]*-]+$/.test(text), 'must be letters, digits, . and -')
  .transform((text) => new URL(text).origin);

export const publicOrigin = field({
  env: 'POSTHORN_PUBLIC_URL',
  description: 'Where browsers find the admin API, without a path; empty: where each request says',
  default: '',
  schema: z.union([z.literal('').transform(() => null), origin]),
});

export const portalFrameAncestors = field({
  env: 'POSTHORN_PORTAL_FRAME_ANCESTORS',
  description: 'Origins whose pages may show the portal in a frame, space-separated; empty: none',
  default: '',
  schema: z
    .string()
    .transform((text) => text.split(/\s+/).filter((part) => part !== ''))
    .pipe(z.array(origin)),
});

export const trustProxy = field({
  env: 'POSTHORN_TRUST_PROXY',
  description: 'Networks of the proxies whose X-Forwarded-For names the client: CIDRs, comma-separated',
  default: '',
  schema: list.pipe(z.array(cidr)),
});

export const authFailuresPerMinute = field({
  env: 'POSTHORN_AUTH_FAILURES_PER_MINUTE',
  description:
    'Wrong keys from one client address that an API process answers in a minute, before it refuses',
  default: '60',
  schema: integer(1, 1_000_000),
});

export const metricsToken = field({
  env: 'METRICS_TOKEN',
  description: 'Bearer token that /metrics asks for; empty: none',
  default: '',
  secret: true,
  schema: optional,
});

export const otlpEndpoint = field({
  env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  description: 'Where traces are sent by OTLP over HTTP, as in http://collector:4318; empty: there are none',
  default: '',
  secret: true,
  schema: z.union([z.literal('').transform(() => null), url(['http:', 'https:'])]),
});

export const otlpProtocol = field({
  env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
  description: 'How traces are written: http/protobuf or http/json',
  default: 'http/protobuf',
  schema: z.enum(['http/protobuf', 'http/json'], 'must be http/protobuf or http/json'),
});

export const tracesExporter = field({
  env: 'OTEL_TRACES_EXPORTER',
  description: 'Whether traces are sent where there is an endpoint: otlp or none',
  default: 'otlp',
  schema: z.enum(['otlp', 'none'], 'must be otlp or none'),
});

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export const tracesSampler = field({
  env: 'OTEL_TRACES_SAMPLER',
  description: 'Which traces are recorded; parentbased_ goes by what the publisher says',
  default: 'parentbased_always_on',
  schema: z.enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`),
});

export const tracesSamplerArg = field({
  env: 'OTEL_TRACES_SAMPLER_ARG',
  description: 'The share of the traces that a traceidratio sampler records, 0 to 1',
  default: '1',
  schema: z
    .string()
    .regex(/^(?:0|1|[01]?\.\d+)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .refine((share) => share <= 1, 'must be a number from 0 to 1'),
});

export const sendTraceparent = field({
  env: 'POSTHORN_SEND_TRACEPARENT',
  description: 'Whether webhooks are told the trace of a request, in the header traceparent',
  default: 'true',
  schema: boolean,
});

export const workerConcurrency = field({
  env: 'POSTHORN_WORKER_CONCURRENCY',
  description: 'First attempts that one worker process works on at the same time (the fast lane)',
  default: '128',
  schema: integer(1, 2000),
});

export const workerSlowConcurrency = field({
  env: 'POSTHORN_WORKER_SLOW_CONCURRENCY',
  description: 'Deliveries to slow or failing webhooks that one worker process works on at the same time',
  default: '64',
  schema: integer(1, 2000),
});

export const workerRetryConcurrency = field({
  env: 'POSTHORN_WORKER_RETRY_CONCURRENCY',
  description: 'Retries that one worker process works on at the same time',
  default: '64',
  schema: integer(1, 2000),
});

export const workerReplayConcurrency = field({
  env: 'POSTHORN_WORKER_REPLAY_CONCURRENCY',
  description: 'Replayed deliveries that one worker process works on at the same time',
  default: '8',
  schema: integer(1, 2000),
});

export const producerConcurrency = field({
  env: 'POSTHORN_PRODUCER_CONCURRENCY',
  description: 'Pushed events that one producer process takes in at the same time',
  default: '500',
  schema: integer(1, 5000),
});

export const retentionDays = field({
  env: 'POSTHORN_RETENTION_DAYS',
  description: 'Days that events, deliveries and attempts are kept',
  default: '60',
  schema: integer(1, 3650),
});

export const payloadRetentionDays = field({
  env: 'POSTHORN_PAYLOAD_RETENTION_DAYS',
  description: 'Days that the payloads of events are kept, if fewer than those of the record; empty: as long',
  default: '',
  schema: z.union([z.literal('').transform(() => null), integer(1, 3650)]),
});

export const auditRetentionDays = field({
  env: 'POSTHORN_AUDIT_RETENTION_DAYS',
  description: 'Days that the audit trail is kept',
  default: '365',
  schema: integer(1, 3650),
});
