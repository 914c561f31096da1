import { z } from 'zod';
import { boolean, field, integer, list, orNull, serverUrl, url } from './field.js';

/** Of every process. */
export const common = {
  databaseUrl: field('Servers and secrets', {
    env: 'DATABASE_URL',
    description:
      'PostgreSQL 15 or newer, the source of truth; append ?pgbouncer=true behind a pooler in transaction mode',
    secret: true,
    schema: serverUrl(['postgresql:', 'postgres:']),
  }),
  redisUrl: field('Servers and secrets', {
    env: 'REDIS_URL',
    description:
      'Redis 6.2 or newer, or Valkey, with maxmemory-policy noeviction and appendonly yes; for a cluster, one or more nodes, comma-separated',
    secret: true,
    schema: list
      .pipe(z.array(serverUrl(['redis:', 'rediss:'])).min(1, 'must contain at least one URL'))
      .transform((urls) => urls.join(',')),
  }),
  redisCluster: field('Servers and secrets', {
    env: 'REDIS_CLUSTER',
    description:
      'Whether REDIS_URL is a Redis Cluster; POSTHORN_QUEUE_PREFIX must then contain a hash tag, as in {posthorn}',
    default: 'false',
    schema: boolean,
  }),
  queuePrefix: field('Servers and secrets', {
    env: 'POSTHORN_QUEUE_PREFIX',
    description:
      'Prefix of every Redis key; must differ between installations that share a Redis; needs a hash tag on a cluster, as in {posthorn}',
    default: 'posthorn',
    schema: z.string().regex(/^[A-Za-z0-9_{}-]{1,64}$/, 'must be 1 to 64 letters, digits, _, -, { or }'),
  }),
  queueShards: field('Servers and secrets', {
    env: 'POSTHORN_QUEUE_SHARDS',
    description:
      'Number of shards that spread deliveries, slots and pushes over the nodes of a Redis Cluster; must be the same in all processes',
    default: '1',
    schema: integer(1, 64),
  }),
  maxLaneJobs: field('Servers and secrets', {
    env: 'POSTHORN_MAX_LANE_JOBS',
    description:
      'Maximum number of jobs of a lane that wait in Redis; further deliveries wait in PostgreSQL; empty: as many as fit into half of maxmemory, at most 100000',
    default: '',
    schema: orNull(integer(10, 10_000_000)),
  }),
  allowNewerSchema: field('Servers and secrets', {
    env: 'POSTHORN_ALLOW_NEWER_SCHEMA',
    description:
      'Whether a process may start on a database that a newer version has migrated, to roll back a release',
    default: 'false',
    schema: boolean,
  }),
  metricsToken: field('Processes', {
    env: 'METRICS_TOKEN',
    description: 'Bearer token required by /metrics; empty: none',
    default: '',
    secret: true,
    schema: orNull(z.string()),
  }),
};

/** Read by `runService` for each process. */
export const serviceConfig = {
  logLevel: field('Processes', {
    env: 'POSTHORN_LOG_LEVEL',
    description: 'Minimum level of logged messages: error, warn, info or debug',
    default: 'info',
    schema: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'),
  }),
  logFile: field('Processes', {
    env: 'POSTHORN_LOG_FILE',
    description:
      'File for the log of one process, of which the last 5 of 10 MB are kept; empty: standard output',
    default: '',
    schema: orNull(z.string()),
  }),
  shutdownTimeoutMs: field('Processes', {
    env: 'POSTHORN_SHUTDOWN_TIMEOUT_MS',
    description: 'Time that a stopping process has to finish work in progress, in milliseconds',
    // Longer than the maximum request timeout.
    default: '32000',
    schema: integer(0, 600_000),
  }),
};

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The standard OpenTelemetry settings that are read here. Its library reads the others, such as headers and timeouts. */
export const tracingConfig = {
  otlpEndpoint: field('Traces', {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'OTLP/HTTP endpoint that traces are exported to, as in http://collector:4318; empty: tracing is off',
    default: '',
    secret: true,
    schema: orNull(url(['http:', 'https:'])),
  }),
  otlpProtocol: field('Traces', {
    env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    description: 'OTLP encoding of traces: http/protobuf or http/json',
    default: 'http/protobuf',
    schema: z.enum(['http/protobuf', 'http/json'], 'must be http/protobuf or http/json'),
  }),
  tracesExporter: field('Traces', {
    env: 'OTEL_TRACES_EXPORTER',
    description: 'Trace exporter: otlp, or none to turn tracing off',
    default: 'otlp',
    schema: z.enum(['otlp', 'none'], 'must be otlp or none'),
  }),
  tracesSampler: field('Traces', {
    env: 'OTEL_TRACES_SAMPLER',
    description: 'Trace sampler; the parentbased_ samplers follow the decision of the publisher',
    default: 'parentbased_always_on',
    schema: z.enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`),
  }),
  tracesSamplerArg: field('Traces', {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    description: 'Fraction of traces that a traceidratio sampler records, 0 to 1',
    default: '1',
    schema: z
      .string()
      .regex(/^(?:0|1|[01]?\.\d+)$/, 'must be a number from 0 to 1')
      .transform(Number)
      .refine((share) => share <= 1, 'must be a number from 0 to 1'),
  }),
  tracesExportDelayMs: field('Traces', {
    env: 'OTEL_BSP_SCHEDULE_DELAY',
    description: 'Longest time that a span waits to be exported with others, in milliseconds',
    default: '5000',
    schema: integer(1, 60_000),
  }),
};

/** Of the role `all`. */
export const processes = {
  processes: field('Processes', {
    env: 'POSTHORN_PROCESSES',
    description: 'Number of processes of the role all that share the port of the API',
    default: '1',
    schema: integer(1, 64),
  }),
};

export const health = {
  healthPort: field('Processes', {
    env: 'POSTHORN_HEALTH_PORT',
    description: 'Port of /healthz, /readyz and /metrics of a worker or producer; 0: disabled',
    default: '0',
    schema: integer(0, 65_535),
  }),
};
