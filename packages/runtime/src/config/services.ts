import type { EventQuotas, Quotas } from '@posthorn/core';
import type { email } from './api-fields.js';
import type { apiConfig, producerConfig, workerConfig } from './shapes.js';
import { type Config, ConfigError } from './read-config.js';

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

/** Returns the quotas of a tenant without its own. */
export function defaultQuotas(config: ApiConfig): Quotas {
  return {
    webhooks: config.quotaWebhooks,
    apiKeys: config.quotaApiKeys,
    portalLinks: config.quotaPortalLinks,
    ...defaultEventQuotas(config),
  };
}

/** Returns the quotas for the events of a tenant without its own. */
export function defaultEventQuotas({
  quotaEventsPerSecond: eventsPerSecond,
  quotaEventBytes: eventBytes,
}: Pick<ProducerConfig, 'quotaEventsPerSecond' | 'quotaEventBytes'>): EventQuotas {
  return { eventsPerSecond, eventBytes };
}

/** Returns the retention of event payloads, in days. Without a payload, a delivery cannot be sent. */
export const payloadRetentionDays = ({
  retentionDays,
  payloadRetentionDays: ofPayloads,
}: Pick<ProducerConfig, 'retentionDays' | 'payloadRetentionDays'>): number =>
  Math.min(retentionDays, ofPayloads ?? retentionDays);

type RedisConfig = Pick<
  ApiConfig,
  'redisUrl' | 'redisCluster' | 'queuePrefix' | 'queueShards' | 'maxLaneJobs'
>;

/**
 * Converts the configuration to the Redis settings of packages/queue.
 * @throws ConfigError when the settings contradict each other
 */
export function redisSettings(config: RedisConfig) {
  const { redisUrl, redisCluster: cluster, queuePrefix: prefix, queueShards: shards } = config;
  if (!cluster && redisUrl.includes(','))
    throw new ConfigError('REDIS_URL has several servers, which requires REDIS_CLUSTER=true');
  if (cluster && !/^[^{]*\{[^}]+\}/.test(prefix))
    throw new ConfigError(
      'POSTHORN_QUEUE_PREFIX must contain a hash tag on a Redis Cluster, as in {posthorn}',
    );
  return { redisUrl, cluster, prefix, shards, laneLimit: config.maxLaneJobs };
}
