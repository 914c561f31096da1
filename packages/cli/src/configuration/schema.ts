import {
  COLUMN_SETTINGS,
  type ColumnSetting,
  type SettingColumns,
  WEBHOOK_SETTINGS,
} from '@posthorn/contract';
import { z } from 'zod';
import { unchecked } from '../command/options.js';
import { certificateSettings } from './certificates.js';
import { CONVERTED_SETTINGS, json } from './converted-settings.js';
import { configuredEgress } from './egress.js';
import { secretText } from './references.js';

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

/** Absent stands for null, too. */
const withoutNull = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodNullable ? unchecked(schema.unwrap()) : schema;

const columnSettings = unchecked<{
  [Name in ColumnSetting]: z.ZodOptional<z.ZodType<NonNullable<SettingColumns[Name]>>>;
}>(
  Object.fromEntries(
    COLUMN_SETTINGS.map((name) => [name, withoutNull(WEBHOOK_SETTINGS[name].shown).optional()]),
  ),
);

type Converted = typeof CONVERTED_SETTINGS;

const convertedSettings = unchecked<{
  [Name in keyof Converted]: z.ZodOptional<Converted[Name]['schema']>;
}>(
  Object.fromEntries(
    Object.entries(CONVERTED_SETTINGS).map(([name, { schema }]) => [name, schema.optional()]),
  ),
);

const webhook = z
  .strictObject({
    /** Names a webhook that exists and has no external id. */
    id: z.string().optional(),
    /** The external id names the webhook. */
    ...columnSettings,
    ...convertedSettings,
    delivery: z.enum(['push', 'pull']).optional(),
    url: z.string().optional(),
    eventTypes: z.array(z.string()),
    egress: configuredEgress.ofWebhook.optional(),
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
  })
  .refine(({ delivery, egress }) => delivery !== 'pull' || egress === undefined, {
    message: 'has no egress if its delivery is pull',
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
  clientCertificate: certificateSettings.clientCertificate.optional(),
  caCertificates: certificateSettings.caCertificates.optional(),
  egress: configuredEgress.ofTenant.optional(),
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
