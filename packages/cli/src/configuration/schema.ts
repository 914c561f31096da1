import { CLIENT_AUTHENTICATIONS } from '@posthorn/core';
import { z } from 'zod';

/** A value that is not written in the file, but read from a variable of the environment. */
const reference = z.strictObject({ env: z.string().min(1) });

const secretText = z.union([z.string(), reference]);

const json = z.record(z.string(), z.unknown());

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), username: z.string(), password: secretText }),
  z.strictObject({ type: z.literal('apiKey'), header: z.string(), value: secretText }),
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: z.string(),
    clientId: z.string(),
    clientSecret: secretText,
    scopes: z.array(z.string()).optional(),
    audience: z.string().optional(),
    clientAuthentication: z.enum(CLIENT_AUTHENTICATIONS).optional(),
  }),
]);

const retention = z.strictObject({ payloadDays: z.int().optional(), historyDays: z.int().optional() });

const eventType = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  group: z.string().optional(),
  schema: json.optional(),
  example: json.optional(),
  searchKeys: z.array(z.string()).optional(),
  orderingPointer: z.string().optional(),
  redact: z.array(z.string()).optional(),
  retention: retention.optional(),
});

const webhook = z
  .strictObject({
    /** Names the webhook. */
    externalId: z.string().optional(),
    /** Names a webhook that exists and has no external id. */
    id: z.string().optional(),
    delivery: z.enum(['push', 'pull']).optional(),
    url: z.string().optional(),
    eventTypes: z.array(z.string()),
    description: z.string().optional(),
    headers: z.record(z.string(), secretText).optional(),
    auth: auth.optional(),
    tags: z.array(z.string()).optional(),
    metadata: json.optional(),
    filter: json.optional(),
    rateLimit: z.strictObject({ limit: z.int(), perSeconds: z.int() }).optional(),
    maxInFlight: z.int().optional(),
    timeoutMs: z.int().optional(),
    retrySchedule: z.array(z.int()).optional(),
    autoSuspendAfterDays: z.int().optional(),
    ordering: z.enum(['none', 'strict', 'byKey']).optional(),
    onExhausted: z.enum(['skip', 'block']).optional(),
    maxBlockedMinutes: z.int().optional(),
    sequence: z.boolean().optional(),
    deliveryFormat: json.optional(),
    /** Absent: it stays. */
    shadow: z.boolean().optional(),
    /** Used when the webhook is created. */
    secret: z.union([secretText, z.strictObject({ generate: z.literal(true) })]).optional(),
    secretEncoding: z.enum(['base64', 'text']).optional(),
    /** The Ed25519 key of a webhook that is created. Without a private key: a new one. */
    signingKey: z.strictObject({ privateKey: secretText.optional() }).optional(),
  })
  .refine(({ externalId, id }) => externalId !== undefined || id !== undefined, {
    message: 'needs an externalId or an id',
  })
  .refine(({ delivery, url }) => (delivery === 'pull') === (url === undefined), {
    message: 'needs a url, unless its delivery is pull',
  });

const tenant = z.strictObject({
  name: z.string(),
  externalId: z.string().optional(),
  contactEmail: z.string().optional(),
  locale: z.string().optional(),
  timeZone: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: json.optional(),
  quotas: z.record(z.string(), z.int()).optional(),
  retention: retention.optional(),
  deliveryFormat: json.optional(),
  /** Absent: the webhooks of the tenant are not managed by the file. */
  webhooks: z.array(webhook).optional(),
});

/** The configuration of an installation. Values are checked by the API. */
export const configuration = z.strictObject({
  version: z.literal(1),
  /** Absent: not managed by the file. */
  eventTypes: z.array(eventType).optional(),
  tenants: z.array(tenant).optional(),
});

export type Configuration = z.output<typeof configuration>;
export type ConfiguredEventType = z.output<typeof eventType>;
export type ConfiguredTenant = z.output<typeof tenant>;
export type ConfiguredWebhook = z.output<typeof webhook>;
export type ConfiguredAuth = z.output<typeof auth>;
