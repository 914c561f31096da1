import { createHmac } from 'node:crypto';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_BLOCKED_MINUTES,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
  type ImportWebhookInput,
} from '@posthorn/contract';
import {
  DEFAULT_RETRY_SCHEDULE,
  type DeliveryFormat,
  type ExhaustedAction,
  liveSecrets,
  onlySecrets,
  openAuth,
  openCustomHeaders,
  openSecret,
  type HashingSealer,
  type ReceiverAuth,
  type SigningSecret,
  type WebhookOrdering,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';

/** The fields of a webhook that an import compares. An undefined one is not compared. */
export interface ImportValues {
  url: string;
  /** Sorted. */
  eventTypes: readonly string[];
  description: string | null;
  /** Without those whose values the source does not reveal. */
  headers: Record<string, string>;
  auth: ReceiverAuth | null;
  deliveryFormat: DeliveryFormat | null;
  /** Sorted. */
  tags: string[];
  metadata: Record<string, unknown>;
  retrySchedule: number[];
  timeoutMs: number;
  filter: Record<string, unknown> | null;
  rateLimit: { limit: number; perSeconds: number } | null;
  maxInFlight: number;
  autoSuspendAfterDays: number;
  ordering: WebhookOrdering;
  onExhausted: ExhaustedAction;
  maxBlockedMinutes: number;
  sequence: boolean;
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
    description: body.description ?? null,
    headers: withoutNames(body.headers ?? {}, body.hiddenHeaders),
    auth: body.auth ?? null,
    deliveryFormat: body.deliveryFormat ?? null,
    tags: body.tags ?? [],
    metadata: body.metadata ?? {},
    retrySchedule: body.retrySchedule ?? DEFAULT_RETRY_SCHEDULE,
    timeoutMs: body.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    filter: body.filter ?? null,
    rateLimit: body.rateLimit ?? null,
    maxInFlight: body.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    autoSuspendAfterDays: body.autoSuspendAfterDays ?? DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
    ordering: body.ordering ?? 'none',
    onExhausted: body.onExhausted ?? 'skip',
    maxBlockedMinutes: body.maxBlockedMinutes ?? DEFAULT_MAX_BLOCKED_MINUTES,
    sequence: body.sequence ?? false,
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
  const { id, rateLimit, rateLimitSeconds, status } = webhook;
  const { sealer, now, hiddenHeaders } = reading;
  const [secret] = liveSecrets(onlySecrets(webhook.secrets), now);
  return {
    url: webhook.pendingUrl ?? webhook.url ?? '',
    eventTypes: webhook.eventTypes,
    description: webhook.description,
    headers: withoutNames(openCustomHeaders(webhook, sealer), hiddenHeaders),
    auth: openAuth(webhook, sealer),
    deliveryFormat: webhook.deliveryFormat,
    tags: webhook.tags,
    metadata: webhook.metadata,
    retrySchedule: webhook.retrySchedule,
    timeoutMs: webhook.timeoutMs,
    filter: webhook.filter,
    rateLimit:
      rateLimit === null || rateLimitSeconds === null
        ? null
        : { limit: rateLimit, perSeconds: rateLimitSeconds },
    maxInFlight: webhook.maxInFlight,
    autoSuspendAfterDays: webhook.autoSuspendAfterDays,
    ordering: webhook.ordering,
    onExhausted: webhook.onExhausted,
    maxBlockedMinutes: webhook.maxBlockedMinutes,
    sequence: webhook.sequenced,
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
