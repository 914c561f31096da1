import type { ColumnSetting, WebhookSetting } from '@posthorn/contract';
import type { components } from '@posthorn/sdk';
import { z } from 'zod';
import { unchecked } from '../command/options.js';
import { auth, authWithReference, comparableAuth, resolvedAuth } from './auth.js';
import { certificateSettings, certificateWithReferences, HIDDEN_CERTIFICATES } from './certificates.js';
import type { HiddenValue } from './hidden-settings.js';
import { type NameVariable, resolve, resolveAll, secretText } from './references.js';

type Webhook = components['schemas']['Webhook'];

/** How the file has a setting that is not a column of webhooks. */
interface ConvertedRow<Configured> {
  /** In the file. */
  schema: z.ZodType<Configured>;
  /** Returns the setting as an export has it. */
  current: (webhook: Webhook, nameVariable: NameVariable) => Configured | null | undefined;
  /** Absent: the value is compared and sent as it is. */
  hidden?: HiddenValue<Configured>;
}

const row = <Configured>(definition: ConvertedRow<Configured>) => definition;

export const json = z.record(z.string(), z.unknown());

export const CONVERTED_SETTINGS = {
  headers: row({
    schema: z.record(z.string(), secretText),
    current: ({ headerNames }, nameVariable) =>
      Object.fromEntries(headerNames.map((name) => [name, { env: nameVariable(name) }])),
    hidden: {
      comparable: (headers) =>
        Object.keys(headers)
          .map((name) => name.toLowerCase())
          .toSorted(),
      requested: resolveAll,
    },
  }),
  auth: row({
    schema: auth,
    current: (webhook, nameVariable) => authWithReference(webhook.auth, nameVariable),
    hidden: {
      comparable: comparableAuth,
      requested: (value, env) => resolvedAuth(value, (secret) => resolve(secret, env)),
    },
  }),
  deliveryFormat: row({ schema: json, current: ({ deliveryFormat }) => unchecked(deliveryFormat) }),
  filter: row({ schema: json, current: ({ filter }) => filter }),
  rateLimit: row({
    schema: z.strictObject({ limit: z.int(), perSeconds: z.int() }),
    current: ({ rateLimit }) => rateLimit,
  }),
  clientCertificate: row({
    schema: certificateSettings.clientCertificate,
    current: ({ clientCertificate }, nameVariable) =>
      certificateWithReferences(clientCertificate, nameVariable),
    hidden: HIDDEN_CERTIFICATES.clientCertificate,
  }),
  caCertificates: row({
    schema: certificateSettings.caCertificates,
    current: ({ caCertificates }) => caCertificates?.pem,
    hidden: HIDDEN_CERTIFICATES.caCertificates,
  }),
} satisfies Record<Exclude<WebhookSetting, ColumnSetting>, unknown>;
