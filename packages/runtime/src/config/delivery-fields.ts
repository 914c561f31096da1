import {
  DEFAULT_SWITCHES,
  isMariadbUrl,
  MARIADB_URL_FORMAT,
  parseMariadbUrl,
  parseProxyUrl,
  PROXY_URL_FORMAT,
} from '@posthorn/core';
import { z } from 'zod';
import { boolean, cidr, encryptionKeys, field, integer, list, orNull, serverUrl } from './field.js';

/** Of the processes that send requests to webhooks. */
export const outbound = {
  encryptionKeys: field('Servers and secrets', {
    env: 'POSTHORN_ENCRYPTION_KEY',
    description:
      'Key that encrypts signing secrets, and headers, credentials, private keys and proxies of webhooks at rest: 32 random bytes in base64 (openssl rand -base64 32); during a rotation several, comma-separated: the first encrypts, all decrypt',
    secret: true,
    schema: encryptionKeys,
  }),
  outboundAllow: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_ALLOW',
    description:
      'Networks that webhooks may target in addition to the public internet: CIDRs, comma-separated',
    default: '',
    schema: list.pipe(z.array(cidr)),
  }),
  outboundHttp: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_HTTP',
    description: 'Whether webhook URLs may use plain HTTP',
    default: 'false',
    schema: boolean,
  }),
  outboundPorts: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_PORTS',
    description: 'Ports that webhook URLs may use, comma-separated; *: any',
    default: '443',
    schema: z.union([
      z.literal('*'),
      list.pipe(z.array(integer(1, 65_535)).min(1, 'must contain at least one port, or * for any')),
    ]),
  }),
  outboundProxy: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_PROXY',
    description:
      'Proxy for requests to webhooks, as in http://user:password@proxy.example:3128, https:// for TLS to the proxy, or socks5://; empty: none',
    default: '',
    secret: true,
    schema: orNull(
      z.string().refine((text) => parseProxyUrl(text, false) !== null, `must be ${PROXY_URL_FORMAT}`),
    ),
  }),
  outboundProxyGuards: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_PROXY_GUARDS',
    description:
      'Whether the proxy decides about addresses, as Smokescreen does: it gets host names instead of checked addresses',
    default: 'false',
    schema: boolean,
  }),
  outboundPrivateNetworks: field('Webhooks', {
    env: 'POSTHORN_OUTBOUND_PRIVATE_NETWORKS',
    description: 'Networks that single tenants can be allowed to target: CIDRs, comma-separated',
    default: '',
    schema: list.pipe(z.array(cidr)),
  }),
  sendTraceparent: field('Traces', {
    env: 'POSTHORN_SEND_TRACEPARENT',
    description: 'Whether requests to webhooks carry the traceparent header',
    default: String(DEFAULT_SWITCHES.sendTraceparent),
    schema: boolean,
  }),
};

/** Of every process: each of them stores or reads payloads. */
export const payloads = {
  payloadKeys: field('Encryption of payloads', {
    env: 'POSTHORN_PAYLOAD_KEY',
    description:
      'Key that encrypts the keys of payloads and the key of links in emails at rest, in the format of POSTHORN_ENCRYPTION_KEY, but another key; required with POSTHORN_ENCRYPT_PAYLOADS and with POSTHORN_SMTP_URL',
    default: '',
    secret: true,
    schema: orNull(encryptionKeys),
  }),
  encryptPayloads: field('Encryption of payloads', {
    env: 'POSTHORN_ENCRYPT_PAYLOADS',
    description:
      'Whether payloads, responses of receivers, rejected payloads and search values are encrypted before they are stored; encrypted ones are read in any case',
    default: 'false',
    schema: boolean,
  }),
};

export const worker = {
  logAttempts: field('Processes', {
    env: 'POSTHORN_LOG_ATTEMPTS',
    description: 'Delivery attempts that a worker logs at level info: failures or all',
    // A log line costs about 17 µs, 3 % of a delivery.
    default: 'failures',
    schema: z.enum(['failures', 'all'], 'must be failures or all'),
  }),
  workerConcurrency: field('Concurrency', {
    env: 'POSTHORN_WORKER_CONCURRENCY',
    description: 'Concurrency of the fast lane (first attempts) in one worker process',
    default: '128',
    schema: integer(1, 2000),
  }),
  workerSlowConcurrency: field('Concurrency', {
    env: 'POSTHORN_WORKER_SLOW_CONCURRENCY',
    description: 'Concurrency of the slow lane (slow or failing webhooks) in one worker process',
    default: '64',
    schema: integer(1, 2000),
  }),
  workerRetryConcurrency: field('Concurrency', {
    env: 'POSTHORN_WORKER_RETRY_CONCURRENCY',
    description: 'Concurrency of the retry lane in one worker process',
    default: '64',
    schema: integer(1, 2000),
  }),
  workerReplayConcurrency: field('Concurrency', {
    env: 'POSTHORN_WORKER_REPLAY_CONCURRENCY',
    description: 'Concurrency of the replay lane in one worker process',
    default: '8',
    schema: integer(1, 2000),
  }),
};

/** An outbox in the database of an application. */
export interface OutboxConfig {
  name: string;
  /** The only tenant that it publishes for, as `ten_…` or `default`. Null: each row names its tenant. */
  tenant: string | null;
  url: string;
}

const outbox = z
  .string()
  .regex(
    /^[a-z0-9-]{1,32}(?:@(?:default|ten_[0-9a-z]{26}))?=/,
    'must be NAME=URL or NAME@TENANT=URL; a name has 1 to 32 lower-case letters, digits and -, and TENANT is ten_… or default',
  )
  .transform((entry): OutboxConfig => {
    const [head = '', ...url] = entry.split('=');
    const [name = '', tenant = null] = head.split('@');
    return { name, tenant, url: url.join('=') };
  })
  .refine(
    ({ url }) => serverUrl(['postgresql:', 'postgres:', 'mariadb:', 'mysql:']).safeParse(url).success,
    'must have a postgresql:// or mariadb:// URL',
  )
  .refine(({ url }) => !isMariadbUrl(url) || parseMariadbUrl(url) !== null, `must be ${MARIADB_URL_FORMAT}`)
  .refine(
    ({ url }) => !(url.includes('posthorn_notify=true') && url.includes('pgbouncer=true')),
    'must not have both posthorn_notify=true and pgbouncer=true: notifications need a direct connection',
  );

export const retention = {
  retentionDays: field('Retention', {
    env: 'POSTHORN_RETENTION_DAYS',
    description: 'Retention of events, deliveries and attempts, in days',
    default: '60',
    schema: integer(1, 3650),
  }),
  payloadRetentionDays: field('Retention', {
    env: 'POSTHORN_PAYLOAD_RETENTION_DAYS',
    description:
      'Retention of event payloads, in days, if shorter than POSTHORN_RETENTION_DAYS; empty: the same',
    default: '',
    schema: orNull(integer(1, 3650)),
  }),
};

export const producer = {
  outboxes: field('Concurrency', {
    env: 'POSTHORN_OUTBOXES',
    description:
      'Outboxes that events are read from, separated by spaces: NAME=postgresql://… or NAME=mariadb://…, and NAME@TENANT=… for the events of one tenant',
    default: '',
    secret: true,
    schema: z
      .string()
      .transform((text) => text.split(/\s+/).filter((entry) => entry !== ''))
      .pipe(z.array(outbox))
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must not repeat a name'),
  }),
  producerConcurrency: field('Concurrency', {
    env: 'POSTHORN_PRODUCER_CONCURRENCY',
    description: 'Maximum number of events from Redis that one producer process ingests concurrently',
    default: '500',
    schema: integer(1, 5000),
  }),
  maxOrderedBacklog: field('Concurrency', {
    env: 'POSTHORN_MAX_ORDERED_BACKLOG',
    description:
      'Maximum number of pending deliveries of a webhook with an order; above it, the webhook is suspended',
    default: '100000',
    schema: integer(1000, 10_000_000),
  }),
  auditRetentionDays: field('Retention', {
    env: 'POSTHORN_AUDIT_RETENTION_DAYS',
    description: 'Retention of the audit log, in days',
    default: '365',
    schema: integer(1, 3650),
  }),
};
