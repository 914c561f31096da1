import type { EventQuotas, Quotas } from '@posthorn/core';
import * as fields from './fields.js';
import { type Config, ConfigError } from './read-config.js';

const common = {
  databaseUrl: fields.databaseUrl,
  redisUrl: fields.redisUrl,
  redisCluster: fields.redisCluster,
  queuePrefix: fields.queuePrefix,
  queueShards: fields.queueShards,
  maxLaneJobs: fields.maxLaneJobs,
  allowNewerSchema: fields.allowNewerSchema,
  logLevel: fields.logLevel,
  logFile: fields.logFile,
  metricsToken: fields.metricsToken,
  otlpEndpoint: fields.otlpEndpoint,
  otlpProtocol: fields.otlpProtocol,
  tracesExporter: fields.tracesExporter,
  tracesSampler: fields.tracesSampler,
  tracesSamplerArg: fields.tracesSamplerArg,
  tracesExportDelayMs: fields.tracesExportDelayMs,
  shutdownTimeoutMs: fields.shutdownTimeoutMs,
};

const outbound = {
  encryptionKey: fields.encryptionKey,
  outboundAllow: fields.outboundAllow,
  outboundHttp: fields.outboundHttp,
  outboundPorts: fields.outboundPorts,
};

/** Of the processes that send emails. */
const email = {
  publicOrigin: fields.publicOrigin,
  smtpUrl: fields.smtpUrl,
  smtpFrom: fields.smtpFrom,
  operatorEmails: fields.operatorEmails,
};

const eventQuotas = {
  quotaEventsPerSecond: fields.quotaEventsPerSecond,
  quotaEventBytes: fields.quotaEventBytes,
};

export const apiConfig = {
  ...common,
  ...outbound,
  ...eventQuotas,
  quotaWebhooks: fields.quotaWebhooks,
  quotaApiKeys: fields.quotaApiKeys,
  quotaPortalLinks: fields.quotaPortalLinks,
  port: fields.port,
  host: fields.host,
  drainMs: fields.drainMs,
  ...email,
  adminKey: fields.adminKey,
  portalFrameAncestors: fields.portalFrameAncestors,
  trustProxy: fields.trustProxy,
  authFailuresPerMinute: fields.authFailuresPerMinute,
  unconfirmedValidations: fields.unconfirmedValidations,
  attestationUntil: fields.attestationUntil,
};

export const producerConfig = {
  ...common,
  ...eventQuotas,
  ...email,
  healthPort: fields.healthPort,
  producerConcurrency: fields.producerConcurrency,
  retentionDays: fields.retentionDays,
  payloadRetentionDays: fields.payloadRetentionDays,
  auditRetentionDays: fields.auditRetentionDays,
};

export const workerConfig = {
  ...common,
  ...outbound,
  healthPort: fields.healthPort,
  logAttempts: fields.logAttempts,
  sendTraceparent: fields.sendTraceparent,
  workerConcurrency: fields.workerConcurrency,
  workerSlowConcurrency: fields.workerSlowConcurrency,
  workerRetryConcurrency: fields.workerRetryConcurrency,
  workerReplayConcurrency: fields.workerReplayConcurrency,
};

/** API, producer and worker in one process. */
export const allConfig = { ...apiConfig, ...producerConfig, ...workerConfig };

export type ApiConfig = Config<typeof apiConfig>;
export type ProducerConfig = Config<typeof producerConfig>;
export type WorkerConfig = Config<typeof workerConfig>;

/** Converts the configuration to the rules of packages/outbound. */
export function outboundRules(
  config: Pick<WorkerConfig, 'outboundAllow' | 'outboundHttp' | 'outboundPorts'>,
) {
  return { allow: config.outboundAllow, http: config.outboundHttp, ports: config.outboundPorts };
}

/** How emails are sent. */
export interface EmailSettings {
  smtp: { url: string; from: string };
  /** Links in emails begin with it. */
  publicOrigin: string;
  operatorEmails: string[];
}

/**
 * Returns how emails are sent, or null if no SMTP server is configured.
 * @throws ConfigError when a setting is missing
 */
export function emailSettings({
  smtpUrl: url,
  smtpFrom: from,
  publicOrigin,
  operatorEmails,
}: Pick<ProducerConfig, keyof typeof email>): EmailSettings | null {
  if (url === null) return null;
  if (from === null) throw new ConfigError('POSTHORN_SMTP_FROM is required with POSTHORN_SMTP_URL');
  if (publicOrigin === null)
    throw new ConfigError('POSTHORN_PUBLIC_URL is required with POSTHORN_SMTP_URL: emails contain links');
  return { smtp: { url, from }, publicOrigin, operatorEmails };
}

/** Returns the quotas of a tenant without any of its own. */
export function defaultQuotas(config: ApiConfig): Quotas {
  return {
    webhooks: config.quotaWebhooks,
    apiKeys: config.quotaApiKeys,
    portalLinks: config.quotaPortalLinks,
    ...defaultEventQuotas(config),
  };
}

/** Returns the quotas for the events of a tenant without any of its own. */
export function defaultEventQuotas({
  quotaEventsPerSecond: eventsPerSecond,
  quotaEventBytes: eventBytes,
}: Pick<ProducerConfig, 'quotaEventsPerSecond' | 'quotaEventBytes'>): EventQuotas {
  return { eventsPerSecond, eventBytes };
}

/**
 * Converts the configuration to the Redis settings of packages/queue.
 * @throws ConfigError when the settings contradict each other
 */
export function redisSettings({
  redisUrl,
  redisCluster,
  queuePrefix,
  queueShards,
  maxLaneJobs,
}: Pick<ApiConfig, 'redisUrl' | 'redisCluster' | 'queuePrefix' | 'queueShards' | 'maxLaneJobs'>) {
  if (!redisCluster && redisUrl.includes(','))
    throw new ConfigError('REDIS_URL has several servers, which requires REDIS_CLUSTER=true');
  if (redisCluster && !/^[^{]*\{[^}]+\}/.test(queuePrefix))
    throw new ConfigError(
      'POSTHORN_QUEUE_PREFIX must contain a hash tag on a Redis Cluster, as in {posthorn}',
    );
  return {
    redisUrl,
    cluster: redisCluster,
    prefix: queuePrefix,
    shards: queueShards,
    laneLimit: maxLaneJobs,
  };
}
