import { createHmac } from 'node:crypto';
import { type ImportWebhookInput, replacedValues, WEBHOOK_SETTINGS } from '@posthorn/contract';
import { type HashingSealer, liveSecrets, onlySecrets, openSecret, type SigningSecret } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { type ReplacedValues, settingValues } from '../webhooks/webhook-settings.js';

/** The fields of a webhook that an import compares. An undefined one is not compared. */
export interface ImportValues extends ReplacedValues {
  url: string;
  /** Sorted. */
  eventTypes: readonly string[];
  /** The current secret. Null for a webhook that signs only with an Ed25519 key. */
  secret: SigningSecret | null | undefined;
  /** Whether it is not suspended. Undefined before its validation. */
  enabled: boolean | undefined;
}

export type ImportField = keyof ImportValues;

interface CheckedInput {
  url: string;
  eventTypes: readonly string[];
  secret: SigningSecret | undefined;
}

/** Returns the values of a webhook in the source. */
export function sourceValues(body: ImportWebhookInput, checked: CheckedInput): ImportValues {
  return {
    url: checked.url,
    eventTypes: checked.eventTypes.toSorted(),
    ...replacedValues(WEBHOOK_SETTINGS, body),
    headers: withoutNames(body.headers ?? {}, body.hiddenHeaders),
    secret: checked.secret,
    enabled: body.enabled,
  };
}

interface Reading {
  sealer: HashingSealer;
  now: Date;
  hiddenHeaders: readonly string[];
}

/** Returns the values that a webhook has now. */
export function presentValues(webhook: WebhookRecord, reading: Reading): ImportValues {
  const { id, status } = webhook;
  const { sealer, now, hiddenHeaders } = reading;
  const { externalId: _id, ...settings } = settingValues(webhook, sealer);
  const [secret] = liveSecrets(onlySecrets(webhook.secrets), now);
  return {
    url: webhook.pendingUrl ?? webhook.url ?? '',
    eventTypes: webhook.eventTypes,
    ...settings,
    headers: withoutNames(settings.headers, hiddenHeaders),
    secret: secret ? openSecret(id, secret, sealer) : null,
    enabled: status === 'pending_validation' ? undefined : status === 'active',
  };
}

export type ImportDigests = Partial<Record<ImportField, string>>;

/** Returns a keyed digest of each value, so that a stored digest reveals no secret. */
export function digestsOf(
  webhookId: string,
  values: ImportValues,
  { hashKey }: HashingSealer,
): ImportDigests {
  const digest = (name: string, value: unknown) =>
    createHmac('sha256', hashKey)
      .update(`import:${webhookId}:${name}:${JSON.stringify(value, withSortedKeys)}`)
      .digest('base64url')
      .slice(0, DIGEST_LENGTH);
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, digest(name, value)]],
    ),
  );
}

/** 132 bits. */
const DIGEST_LENGTH = 22;

/** PostgreSQL does not keep the order of keys. */
function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutNames(headers: Record<string, string>, names: readonly string[]): Record<string, string> {
  const left = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name.toLowerCase())));
}
