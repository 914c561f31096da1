import * as fields from './fields.js';
import { type Config, ConfigError } from './read-config.js';

const everywhere = {
  databaseUrl: fields.databaseUrl,
  redisUrl: fields.redisUrl,
  redisCluster: fields.redisCluster,
  queuePrefix: fields.queuePrefix,
  queueShards: fields.queueShards,
  logLevel: fields.logLevel,
  metricsToken: fields.metricsToken,
  otlpEndpoint: fields.otlpEndpoint,
  otlpProtocol: fields.otlpProtocol,
  tracesExporter: fields.tracesExporter,
  tracesSampler: fields.tracesSampler,
  tracesSamplerArg: fields.tracesSamplerArg,
  shutdownTimeoutMs: fields.shutdownTimeoutMs,
};

const sending = {
  encryptionKey: fields.encryptionKey,
  outboundAllow: fields.outboundAllow,
  outboundHttp: fields.outboundHttp,
  outboundPorts: fields.outboundPorts,
};

export const apiConfig = {
  ...everywhere,
  ...sending,
  port: fields.port,
  host: fields.host,
  drainMs: fields.drainMs,
  adminKey: fields.adminKey,
  publicOrigin: fields.publicOrigin,
  portalFrameAncestors: fields.portalFrameAncestors,
  trustProxy: fields.trustProxy,
  authFailuresPerMinute: fields.authFailuresPerMinute,
};

export const producerConfig = {
  ...everywhere,
  healthPort: fields.healthPort,
  producerConcurrency: fields.producerConcurrency,
  retentionDays: fields.retentionDays,
  payloadRetentionDays: fields.payloadRetentionDays,
  auditRetentionDays: fields.auditRetentionDays,
};

export const workerConfig = {
  ...everywhere,
  ...sending,
  healthPort: fields.healthPort,
  logAttempts: fields.logAttempts,
  sendTraceparent: fields.sendTraceparent,
  workerConcurrency: fields.workerConcurrency,
  workerSlowConcurrency: fields.workerSlowConcurrency,
  workerRetryConcurrency: fields.workerRetryConcurrency,
  workerReplayConcurrency: fields.workerReplayConcurrency,
};

export type ApiConfig = Config<typeof apiConfig>;
export type ProducerConfig = Config<typeof producerConfig>;
export type WorkerConfig = Config<typeof workerConfig>;

/** The rules for outbound requests, in the form that packages/outbound takes. */
export function outboundRules(
  config: Pick<WorkerConfig, 'outboundAllow' | 'outboundHttp' | 'outboundPorts'>,
) {
  return { allow: config.outboundAllow, http: config.outboundHttp, ports: config.outboundPorts };
}

/**
 * Where the queues are, in the form that packages/queue takes.
 * @throws ConfigError when the settings do not fit each other
 */
export function redisSettings({
  redisUrl,
  redisCluster,
  queuePrefix,
  queueShards,
}: Pick<ApiConfig, 'redisUrl' | 'redisCluster' | 'queuePrefix' | 'queueShards'>) {
  if (!redisCluster && redisUrl.includes(','))
    throw new ConfigError('REDIS_URL names several servers, which only REDIS_CLUSTER=true allows');
  if (redisCluster && !/^[^{]*\{[^}]+\}/.test(queuePrefix))
    throw new ConfigError('POSTHORN_QUEUE_PREFIX must be in braces on a Redis Cluster, as in {posthorn}');
  return { redisUrl, cluster: redisCluster, prefix: queuePrefix, shards: queueShards };
}
