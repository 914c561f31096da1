import {
  type ColumnSettingOf,
  type ConvertedTenantSetting,
  EVENT_TYPE_SETTINGS,
  type SettingColumnsOf,
  type SettingsTable,
  TENANT_SETTINGS,
  WEBHOOK_SETTINGS,
} from '@posthorn/contract';
import { z } from 'zod';
import { unchecked } from '../command/options.js';
import { certificateSettings } from './certificates.js';
import { CONVERTED_SETTINGS, json } from './converted-settings.js';
import { configuredEgress } from './egress.js';
import { secretText } from './references.js';

const retention = z.strictObject({ payloadDays: z.int().optional(), historyDays: z.int().optional() });

/** Absent stands for null, too. */
const withoutNull = (schema: z.ZodType | undefined): z.ZodType | undefined =>
  schema instanceof z.ZodNullable ? unchecked(schema.unwrap()) : schema;

/** Returns the settings that are stored as they are, in the file. */
const columnSettings = <Table extends SettingsTable>({ rows, columns }: Table) =>
  unchecked<{
    [Name in ColumnSettingOf<Table>]: z.ZodOptional<z.ZodType<NonNullable<SettingColumnsOf<Table>[Name]>>>;
  }>(Object.fromEntries(columns.map((name) => [name, withoutNull(rows[name]?.shown)?.optional()])));

const eventType = z.strictObject({
  name: z.string(),
  ...columnSettings(EVENT_TYPE_SETTINGS),
  retention: retention.optional(),
});

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
    ...columnSettings(WEBHOOK_SETTINGS),
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

const convertedTenantSettings = {
  quotas: z.record(z.string(), z.int()).optional(),
  retention: retention.optional(),
  deliveryFormat: json.optional(),
  clientCertificate: certificateSettings.clientCertificate.optional(),
  caCertificates: certificateSettings.caCertificates.optional(),
} satisfies Record<ConvertedTenantSetting, z.ZodType>;

const tenant = z.strictObject({
  name: z.string(),
  ...columnSettings(TENANT_SETTINGS),
  ...convertedTenantSettings,
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
