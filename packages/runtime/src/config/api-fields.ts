import { DEFAULT_PURGE_DAYS } from '@posthorn/core';
import { z } from 'zod';
import { cidr, EMAIL, field, integer, list, orNull, origin, serverUrl } from './field.js';

export const api = {
  port: field('The API', {
    env: 'POSTHORN_PORT',
    description: 'Port of the admin API',
    default: '8080',
    schema: integer(0, 65_535),
  }),
  host: field('The API', {
    env: 'POSTHORN_HOST',
    description: 'Address that the admin API binds to',
    default: '0.0.0.0',
    schema: z.string().min(1),
  }),
  drainMs: field('The API', {
    env: 'POSTHORN_DRAIN_MS',
    description:
      'Time that a stopping API keeps accepting requests while /readyz reports unavailable, in milliseconds',
    // Enough for load balancers whose health checks run every few seconds.
    default: '5000',
    schema: integer(0, 600_000),
  }),
  adminKey: field('The API', {
    env: 'POSTHORN_ADMIN_KEY',
    description: 'Admin API key registered at start-up: phk_ and at least 32 characters; empty: none',
    default: '',
    secret: true,
    schema: orNull(
      z
        .string()
        .refine(
          (key) => /^phk_[\w-]+$/.test(key) && key.length >= 'phk_'.length + 32,
          'must be phk_ and at least 32 letters, digits, _ or -',
        ),
    ),
  }),
  portalFrameAncestors: field('The API', {
    env: 'POSTHORN_PORTAL_FRAME_ANCESTORS',
    description:
      'Origins that may embed the portal, for links without parentOrigins, space-separated; empty: none',
    default: '',
    schema: z
      .string()
      .transform((text) => text.split(/\s+/).filter((part) => part !== ''))
      .pipe(z.array(origin)),
  }),
  trustProxy: field('The API', {
    env: 'POSTHORN_TRUST_PROXY',
    description: 'Networks of trusted proxies, whose X-Forwarded-For header is used: CIDRs, comma-separated',
    default: '',
    schema: list.pipe(z.array(cidr)),
  }),
  egressAddresses: field('Webhooks', {
    env: 'POSTHORN_EGRESS_ADDRESSES',
    description:
      'Addresses that requests to webhooks come from, shown to owners of receivers: CIDRs, comma-separated; empty: not shown',
    default: '',
    schema: list.pipe(z.array(cidr).max(100, 'must have at most 100 CIDRs')),
  }),
  authFailuresPerMinute: field('The API', {
    env: 'POSTHORN_AUTH_FAILURES_PER_MINUTE',
    description:
      'Maximum failed authentications per minute and client address in one API process; further requests are rejected',
    default: '60',
    schema: integer(1, 1_000_000),
  }),
  unconfirmedValidations: field('The API', {
    env: 'POSTHORN_UNCONFIRMED_VALIDATIONS',
    description:
      'Maximum validation requests of a tenant within 10 minutes whose code is not confirmed; a tenth of it for one webhook, ' +
      'three times as many to one host or address',
    default: '200',
    schema: integer(10, 1_000_000),
  }),
  tenantPurgeDays: field('Retention', {
    env: 'POSTHORN_TENANT_PURGE_DAYS',
    description: 'How long a deleted tenant can be restored before its data is purged, in days',
    default: String(DEFAULT_PURGE_DAYS),
    schema: integer(0, 3650),
  }),
  attestationUntil: field('The API', {
    env: 'POSTHORN_ATTESTATION_UNTIL',
    description:
      'Until when admin keys of all tenants may attest URLs that have been receiving, in place of a validation, for a migration: ' +
      'RFC 3339; empty: never',
    default: '',
    schema: orNull(
      z.iso
        .datetime({ offset: true, error: 'must be an RFC 3339 time, such as 2026-12-31T00:00:00Z' })
        .transform((text) => new Date(text)),
    ),
  }),
};

/** Maximum of a quota. */
const MAX_QUOTA = 1_000_000;

export const eventQuotas = {
  quotaEventsPerSecond: field('Quotas', {
    env: 'POSTHORN_QUOTA_EVENTS_PER_SECOND',
    description: 'Events per second that a tenant may publish, unless it has its own quota; empty: unlimited',
    default: '',
    schema: orNull(integer(1, MAX_QUOTA)),
  }),
  quotaEventBytes: field('Quotas', {
    env: 'POSTHORN_QUOTA_EVENT_BYTES',
    description: 'Size of an event that a tenant may publish, in bytes, unless it has its own quota',
    // The maximum size of any event.
    default: '262144',
    schema: integer(1, 262_144),
  }),
};

export const resourceQuotas = {
  quotaWebhooks: field('Quotas', {
    env: 'POSTHORN_QUOTA_WEBHOOKS',
    description: 'Webhooks that a tenant may have, unless it has its own quota',
    default: '500',
    schema: integer(0, MAX_QUOTA),
  }),
  quotaApiKeys: field('Quotas', {
    env: 'POSTHORN_QUOTA_API_KEYS',
    description: 'Active API keys that a tenant may have, unless it has its own quota',
    default: '200',
    schema: integer(0, MAX_QUOTA),
  }),
  quotaPortalLinks: field('Quotas', {
    env: 'POSTHORN_QUOTA_PORTAL_LINKS',
    description: 'Valid portal links that a tenant may have, unless it has its own quota',
    default: '1000',
    schema: integer(0, MAX_QUOTA),
  }),
};

/** Of the processes that send emails. */
export const email = {
  publicOrigin: field('The API', {
    env: 'POSTHORN_PUBLIC_URL',
    description:
      'Public origin of the admin API for browsers, without a path; portal links and links in emails begin with it; empty: links only for requests to localhost',
    default: '',
    schema: orNull(origin),
  }),
  smtpUrl: field('Email', {
    env: 'POSTHORN_SMTP_URL',
    description:
      'SMTP server for notifications by email, as in smtps://user:password@mail.example:465; empty: no emails',
    default: '',
    secret: true,
    schema: orNull(serverUrl(['smtp:', 'smtps:'])),
  }),
  smtpFrom: field('Email', {
    env: 'POSTHORN_SMTP_FROM',
    description:
      'Sender of emails: an address, or a name and an address in angle brackets; required with POSTHORN_SMTP_URL',
    default: '',
    schema: orNull(
      z
        .string()
        .refine(
          (from) => EMAIL.test(/^[^<>\r\n]*<([^<>]+)>$/.exec(from)?.[1] ?? from),
          'must be an address, or Name <address>',
        ),
    ),
  }),
  operatorEmails: field('Email', {
    env: 'POSTHORN_OPERATOR_EMAILS',
    description: 'Addresses of operators, which get notifications about all tenants, comma-separated',
    default: '',
    schema: list.pipe(z.array(z.string().regex(EMAIL, 'must be addresses, as in ops@example.com')).max(20)),
  }),
};
