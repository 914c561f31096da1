import { type EventQuotas, parseProxyUrl, type ProxyRoute, type Quotas } from '@posthorn/core';
import type { email } from './api-fields.js';
import type { apiConfig, producerConfig, workerConfig } from './shapes.js';
import { type Config, ConfigError } from './read-config.js';

export type ApiConfig = Config<typeof apiConfig>;
export type ProducerConfig = Config<typeof producerConfig>;
export type WorkerConfig = Config<typeof workerConfig>;

/** Converts the configuration to the rules of packages/outbound. */
export function outboundRules(
  config: Pick<WorkerConfig, 'outboundAllow' | 'outboundHttp' | 'outboundPorts' | 'outboundPrivateNetworks'>,
) {
  return {
    allow: config.outboundAllow,
    http: config.outboundHttp,
    ports: config.outboundPorts,
    privateNetworks: config.outboundPrivateNetworks,
  };
}

/** Returns the proxy for requests to webhooks. Null for none. */
export const outboundProxy = ({
  outboundProxy: url,
  outboundProxyGuards: guards,
}: Pick<WorkerConfig, 'outboundProxy' | 'outboundProxyGuards'>): ProxyRoute | null =>
  url === null ? null : parseProxyUrl(url, guards);

/** How emails are sent. */
export interface EmailSettings {
  smtp: { url: string; from: string };
  /** Links in emails begin with it. */
  publicOrigin: string;
  operatorEmails: string[];
  /** They seal the key of the links. */
  payloadKeys: NonNullable<ProducerConfig['payloadKeys']>;
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
  payloadKeys,
}: Pick<ProducerConfig, keyof typeof email | 'payloadKeys'>): EmailSettings | null {
  if (url === null) return null;
  if (from === null) throw new ConfigError('POSTHORN_SMTP_FROM is required with POSTHORN_SMTP_URL');
  if (publicOrigin === null)
    throw new ConfigError('POSTHORN_PUBLIC_URL is required with POSTHORN_SMTP_URL: emails contain links');
  if (payloadKeys === null)
    throw new ConfigError(
      'POSTHORN_PAYLOAD_KEY is required with POSTHORN_SMTP_URL: it encrypts the key of links in emails',
    );
  return { smtp: { url, from }, publicOrigin, operatorEmails, payloadKeys };
}

/** How payloads are stored. */
export interface PayloadSettings {
  /** They seal and open the data keys. Null: nothing sealed can be read. */
  keys: WorkerConfig['payloadKeys'];
  encrypts: boolean;
}

/**
 * Returns how payloads are stored.
 * @throws ConfigError when the key is missing
 */
export function payloadSettings({
  payloadKeys: keys,
  encryptPayloads: encrypts,
}: Pick<WorkerConfig, 'payloadKeys' | 'encryptPayloads'>): PayloadSettings {
  if (encrypts && keys === null)
    throw new ConfigError('POSTHORN_PAYLOAD_KEY is required with POSTHORN_ENCRYPT_PAYLOADS');
  return { keys, encrypts };
}

/**
 * Producers have the payload key and must not be able to open signing secrets.
 * @throws ConfigError when a key has both purposes
 */
export function assertSeparateKeys({
  encryptionKeys,
  payloadKeys,
}: Pick<WorkerConfig, 'encryptionKeys' | 'payloadKeys'>): void {
  const isShared = (key: Buffer) => payloadKeys?.some((other) => other.equals(key));
  if (encryptionKeys.some(isShared))
    throw new ConfigError('POSTHORN_PAYLOAD_KEY must have no key of POSTHORN_ENCRYPTION_KEY');
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
