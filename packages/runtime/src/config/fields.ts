import { parseServerUrl, parseUrl } from '@posthorn/core';
import { z } from 'zod';

/** An environment variable: its name, description and parser. */
export interface Field<T = unknown> {
  env: string;
  description: string;
  /** Text used when the variable is unset. Without a default the variable is required. */
  default?: string;
  /** The value is never logged. */
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

/** The URL of a server, which may contain a password. */
const serverUrl = (protocols: readonly string[]) =>
  url(protocols).refine((text) => parseServerUrl(text) !== null, {
    message:
      'contains an @, a % or another special character that is not percent-encoded. Write a password such as p@ss/word as p%40ss%2Fword',
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
    'PostgreSQL 15 or newer, the source of truth; append ?pgbouncer=true behind a pooler in transaction mode',
  secret: true,
  schema: serverUrl(['postgresql:', 'postgres:']),
});

export const redisUrl = field({
  env: 'REDIS_URL',
  description:
    'Redis 6.2 or newer, or Valkey, with maxmemory-policy noeviction and appendonly yes; for a cluster, one or more nodes, comma-separated',
  secret: true,
  schema: list
    .pipe(z.array(serverUrl(['redis:', 'rediss:'])).min(1, 'must contain at least one URL'))
    .transform((urls) => urls.join(',')),
});

export const redisCluster = field({
  env: 'REDIS_CLUSTER',
  description:
    'Whether REDIS_URL is a Redis Cluster; POSTHORN_QUEUE_PREFIX must then contain a hash tag, as in {posthorn}',
  default: 'false',
  schema: boolean,
});

export const queuePrefix = field({
  env: 'POSTHORN_QUEUE_PREFIX',
  description:
    'Prefix of every Redis key; must differ between installations that share a Redis; needs a hash tag on a cluster, as in {posthorn}',
  default: 'posthorn',
  schema: z.string().regex(/^[A-Za-z0-9_{}-]{1,64}$/, 'must be 1 to 64 letters, digits, _, -, { or }'),
});

export const queueShards = field({
  env: 'POSTHORN_QUEUE_SHARDS',
  description:
    'Number of shards that spread deliveries, slots and pushes over the nodes of a Redis Cluster; must be the same in all processes',
  default: '1',
  schema: integer(1, 64),
});

export const maxLaneJobs = field({
  env: 'POSTHORN_MAX_LANE_JOBS',
  description:
    'Maximum number of jobs of a lane that wait in Redis; further deliveries wait in PostgreSQL; empty: as many as fit into half of maxmemory, at most 100000',
  default: '',
  schema: z.union([z.literal('').transform(() => null), integer(10, 10_000_000)]),
});

export const encryptionKey = field({
  env: 'POSTHORN_ENCRYPTION_KEY',
  description:
    'Key that encrypts signing secrets and custom headers at rest: 32 random bytes in base64 (openssl rand -base64 32)',
  secret: true,
  schema: z
    .string()
    .regex(
      /^[A-Za-z0-9+/]{43}=$/,
      'must be 32 bytes in base64: generate a key with "openssl rand -base64 32"',
    )
    .transform((text) => Buffer.from(text, 'base64')),
});

export const allowNewerSchema = field({
  env: 'POSTHORN_ALLOW_NEWER_SCHEMA',
  description:
    'Whether a process may start on a database that a newer version has migrated, to roll back a release',
  default: 'false',
  schema: boolean,
});

export const logLevel = field({
  env: 'POSTHORN_LOG_LEVEL',
  description: 'Minimum level of logged messages: error, warn, info or debug',
  default: 'info',
  schema: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'),
});

export const logFile = field({
  env: 'POSTHORN_LOG_FILE',
  description:
    'File for the log of one process, of which the last 5 of 10 MB are kept; empty: standard output',
  default: '',
  schema: optional,
});

export const logAttempts = field({
  env: 'POSTHORN_LOG_ATTEMPTS',
  description: 'Delivery attempts that a worker logs at level info: failures or all',
  // A log line costs about 17 µs, 3 % of a delivery.
  default: 'failures',
  schema: z.enum(['failures', 'all'], 'must be failures or all'),
});

export const shutdownTimeoutMs = field({
  env: 'POSTHORN_SHUTDOWN_TIMEOUT_MS',
  description: 'Time that a stopping process has to finish work in progress, in milliseconds',
  // Longer than the maximum request timeout.
  default: '32000',
  schema: integer(0, 600_000),
});

export const drainMs = field({
  env: 'POSTHORN_DRAIN_MS',
  description:
    'Time that a stopping API keeps accepting requests while /readyz reports unavailable, in milliseconds',
  // Enough for load balancers whose health checks run every few seconds.
  default: '5000',
  schema: integer(0, 600_000),
});

export const healthPort = field({
  env: 'POSTHORN_HEALTH_PORT',
  description: 'Port of /healthz, /readyz and /metrics of a worker or producer; 0: disabled',
  default: '0',
  schema: integer(0, 65_535),
});

export const outboundAllow = field({
  env: 'POSTHORN_OUTBOUND_ALLOW',
  description: 'Networks that webhooks may target in addition to the public internet: CIDRs, comma-separated',
  default: '',
  schema: list.pipe(z.array(cidr)),
});

export const outboundHttp = field({
  env: 'POSTHORN_OUTBOUND_HTTP',
  description: 'Whether webhook URLs may use plain HTTP',
  default: 'false',
  schema: boolean,
});

export const outboundPorts = field({
  env: 'POSTHORN_OUTBOUND_PORTS',
  description: 'Ports that webhook URLs may use, comma-separated; *: any',
  default: '443',
  schema: z.union([
    z.literal('*'),
    list.pipe(z.array(integer(1, 65_535)).min(1, 'must contain at least one port, or * for any')),
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
  description: 'Address that the admin API binds to',
  default: '0.0.0.0',
  schema: z.string().min(1),
});

export const adminKey = field({
  env: 'POSTHORN_ADMIN_KEY',
  description: 'Admin API key registered at start-up: phk_ and at least 32 characters; empty: none',
  default: '',
  secret: true,
  schema: optional.refine(
    (key) => key === null || (/^phk_[\w-]+$/.test(key) && key.length >= 'phk_'.length + 32),
    'must be phk_ and at least 32 letters, digits, _ or -',
  ),
});

/** A URL that consists of scheme, host and port. */
const origin = url(['http:', 'https:'])
  .refine((text) => parseUrl(text)?.href === `${parseUrl(text)?.origin}/`, 'must have no path')
  // The origin is used in a header.
  .refine((text) => /^[\w.:/[\]*-]+$/.test(text), 'must be letters, digits, . and -')
  .transform((text) => new URL(text).origin);

export const publicOrigin = field({
  env: 'POSTHORN_PUBLIC_URL',
  description:
    'Public origin of the admin API for browsers, without a path; portal links and links in emails begin with it; empty: links only for requests to localhost',
  default: '',
  schema: z.union([z.literal('').transform(() => null), origin]),
});

export const portalFrameAncestors = field({
  env: 'POSTHORN_PORTAL_FRAME_ANCESTORS',
  description:
    'Origins that may embed the portal, for links without parentOrigins, space-separated; empty: none',
  default: '',
  schema: z
    .string()
    .transform((text) => text.split(/\s+/).filter((part) => part !== ''))
    .pipe(z.array(origin)),
});

export const trustProxy = field({
  env: 'POSTHORN_TRUST_PROXY',
  description: 'Networks of trusted proxies, whose X-Forwarded-For header is used: CIDRs, comma-separated',
  default: '',
  schema: list.pipe(z.array(cidr)),
});

export const authFailuresPerMinute = field({
  env: 'POSTHORN_AUTH_FAILURES_PER_MINUTE',
  description:
    'Maximum failed authentications per minute and client address in one API process; further requests are rejected',
  default: '60',
  schema: integer(1, 1_000_000),
});

/** Maximum of a quota. */
const MAX_QUOTA = 1_000_000;

export const quotaWebhooks = field({
  env: 'POSTHORN_QUOTA_WEBHOOKS',
  description: 'Webhooks that a tenant may have, unless it has a quota of its own',
  default: '500',
  schema: integer(0, MAX_QUOTA),
});

export const quotaApiKeys = field({
  env: 'POSTHORN_QUOTA_API_KEYS',
  description: 'Active API keys that a tenant may have, unless it has a quota of its own',
  default: '200',
  schema: integer(0, MAX_QUOTA),
});

export const quotaPortalLinks = field({
  env: 'POSTHORN_QUOTA_PORTAL_LINKS',
  description: 'Valid portal links that a tenant may have, unless it has a quota of its own',
  default: '1000',
  schema: integer(0, MAX_QUOTA),
});

export const quotaEventsPerSecond = field({
  env: 'POSTHORN_QUOTA_EVENTS_PER_SECOND',
  description:
    'Events per second that a tenant may publish, unless it has a quota of its own; empty: unlimited',
  default: '',
  schema: z.union([z.literal('').transform(() => null), integer(1, MAX_QUOTA)]),
});

export const quotaEventBytes = field({
  env: 'POSTHORN_QUOTA_EVENT_BYTES',
  description: 'Size of an event that a tenant may publish, in bytes, unless it has a quota of its own',
  // The maximum size of any event.
  default: '262144',
  schema: integer(1, 262_144),
});

export const unconfirmedValidations = field({
  env: 'POSTHORN_UNCONFIRMED_VALIDATIONS',
  description:
    'Maximum validation requests of a tenant within 10 minutes whose code is not confirmed; a tenth of it for one webhook, ' +
    'three times as many to one host or address',
  default: '200',
  schema: integer(10, 1_000_000),
});

export const attestationUntil = field({
  env: 'POSTHORN_ATTESTATION_UNTIL',
  description:
    'Until when admin keys of all tenants may attest URLs that have been receiving, in place of a validation, for a migration: ' +
    'RFC 3339; empty: never',
  default: '',
  schema: z.union([
    z.literal('').transform(() => null),
    z.iso
      .datetime({ offset: true, error: 'must be an RFC 3339 time, such as 2026-12-31T00:00:00Z' })
      .transform((text) => new Date(text)),
  ]),
});

const EMAIL = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,189}$/;

export const smtpUrl = field({
  env: 'POSTHORN_SMTP_URL',
  description:
    'SMTP server for notifications by email, as in smtps://user:password@mail.example:465; empty: no emails',
  default: '',
  secret: true,
  schema: z.union([z.literal('').transform(() => null), serverUrl(['smtp:', 'smtps:'])]),
});

export const smtpFrom = field({
  env: 'POSTHORN_SMTP_FROM',
  description:
    'Sender of emails: an address, or a name and an address in angle brackets; required with POSTHORN_SMTP_URL',
  default: '',
  schema: optional.refine(
    (from) => from === null || EMAIL.test(/^[^<>\r\n]*<([^<>]+)>$/.exec(from)?.[1] ?? from),
    'must be an address, or Name <address>',
  ),
});

export const operatorEmails = field({
  env: 'POSTHORN_OPERATOR_EMAILS',
  description: 'Addresses of operators, which get notifications about all tenants, comma-separated',
  default: '',
  schema: list.pipe(z.array(z.string().regex(EMAIL, 'must be addresses, as in ops@example.com')).max(20)),
});

export const metricsToken = field({
  env: 'METRICS_TOKEN',
  description: 'Bearer token required by /metrics; empty: none',
  default: '',
  secret: true,
  schema: optional,
});

export const otlpEndpoint = field({
  env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  description:
    'OTLP/HTTP endpoint that traces are exported to, as in http://collector:4318; empty: tracing is off',
  default: '',
  secret: true,
  schema: z.union([z.literal('').transform(() => null), url(['http:', 'https:'])]),
});

export const otlpProtocol = field({
  env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
  description: 'OTLP encoding of traces: http/protobuf or http/json',
  default: 'http/protobuf',
  schema: z.enum(['http/protobuf', 'http/json'], 'must be http/protobuf or http/json'),
});

export const tracesExporter = field({
  env: 'OTEL_TRACES_EXPORTER',
  description: 'Trace exporter: otlp, or none to turn tracing off',
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
  description: 'Trace sampler; the parentbased_ samplers follow the decision of the publisher',
  default: 'parentbased_always_on',
  schema: z.enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`),
});

export const tracesSamplerArg = field({
  env: 'OTEL_TRACES_SAMPLER_ARG',
  description: 'Fraction of traces that a traceidratio sampler records, 0 to 1',
  default: '1',
  schema: z
    .string()
    .regex(/^(?:0|1|[01]?\.\d+)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .refine((share) => share <= 1, 'must be a number from 0 to 1'),
});

export const tracesExportDelayMs = field({
  env: 'OTEL_BSP_SCHEDULE_DELAY',
  description: 'Longest time that a span waits to be exported with others, in milliseconds',
  default: '5000',
  schema: integer(1, 60_000),
});

export const sendTraceparent = field({
  env: 'POSTHORN_SEND_TRACEPARENT',
  description: 'Whether requests to webhooks carry the traceparent header',
  default: 'true',
  schema: boolean,
});

export const workerConcurrency = field({
  env: 'POSTHORN_WORKER_CONCURRENCY',
  description: 'Concurrency of the fast lane (first attempts) in one worker process',
  default: '128',
  schema: integer(1, 2000),
});

export const workerSlowConcurrency = field({
  env: 'POSTHORN_WORKER_SLOW_CONCURRENCY',
  description: 'Concurrency of the slow lane (slow or failing webhooks) in one worker process',
  default: '64',
  schema: integer(1, 2000),
});

export const workerRetryConcurrency = field({
  env: 'POSTHORN_WORKER_RETRY_CONCURRENCY',
  description: 'Concurrency of the retry lane in one worker process',
  default: '64',
  schema: integer(1, 2000),
});

export const workerReplayConcurrency = field({
  env: 'POSTHORN_WORKER_REPLAY_CONCURRENCY',
  description: 'Concurrency of the replay lane in one worker process',
  default: '8',
  schema: integer(1, 2000),
});

export const producerConcurrency = field({
  env: 'POSTHORN_PRODUCER_CONCURRENCY',
  description: 'Maximum number of events from Redis that one producer process ingests concurrently',
  default: '500',
  schema: integer(1, 5000),
});

export const retentionDays = field({
  env: 'POSTHORN_RETENTION_DAYS',
  description: 'Retention of events, deliveries and attempts, in days',
  default: '60',
  schema: integer(1, 3650),
});

export const payloadRetentionDays = field({
  env: 'POSTHORN_PAYLOAD_RETENTION_DAYS',
  description:
    'Retention of event payloads, in days, if shorter than POSTHORN_RETENTION_DAYS; empty: the same',
  default: '',
  schema: z.union([z.literal('').transform(() => null), integer(1, 3650)]),
});

export const auditRetentionDays = field({
  env: 'POSTHORN_AUDIT_RETENTION_DAYS',
  description: 'Retention of the audit log, in days',
  default: '365',
  schema: integer(1, 3650),
});
