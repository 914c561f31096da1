import { hasSameSecrets } from '../security/webhook-secrets.js';
import type { RequestWebhook, ValidatedWebhook } from './request-webhook.js';

/** What a request is for: an event or a test of the webhook, the validation of its URL, or its access token. */
export type RequestKind = 'event' | 'validation' | 'token';

/** How the webhook of a request is read. */
interface ReadOf extends Record<RequestKind, RequestWebhook> {
  validation: ValidatedWebhook;
}

type Dependents = readonly RequestKind[];

const NONE = [] as const satisfies Dependents;
const ALL = ['event', 'validation', 'token'] as const satisfies Dependents;
const TO_RECEIVER = ['event', 'validation'] as const satisfies Dependents;

/** Whether requests may start at all. Calls that change it wait for the barrier as `stopRequests` does. */
const STATE = {
  status: ALL,
  epoch: ALL,
  resumedEpoch: ALL,
  sentFromEpoch: ALL,
  tenantStatus: ALL,
  tenantEpoch: ALL,
} as const satisfies { [Name in keyof RequestWebhook]?: Dependents };

/** The settings that make a request what it is. A call that changes one of them returns only when no request starts with the replaced one. */
const SETTINGS = {
  url: TO_RECEIVER,
  secrets: TO_RECEIVER,
  headersSealed: TO_RECEIVER,
  authSealed: ALL,
  clientCertificateId: TO_RECEIVER,
  caCertificatesId: TO_RECEIVER,
  proxySealed: ALL,
  tenantProxySealed: ALL,
  privateNetworks: ALL,
  formatId: TO_RECEIVER,
  headersApprovedOrigin: ['validation'],
} as const satisfies { [Name in keyof ValidatedWebhook]?: readonly [RequestKind, ...RequestKind[]] };

/** A setting that requests depend on. */
export type RequestSetting = keyof typeof SETTINGS;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table has no other keys
export const REQUEST_SETTINGS = Object.keys(SETTINGS) as readonly RequestSetting[];

/** The fields of a webhook of which a request is built. Only settings that requests depend on compile. */
export type WebhookOfRequest<Name extends RequestSetting> = Pick<ValidatedWebhook, 'id' | 'tenantId' | Name>;

/** A field that is missing here does not compile. */
const DEPENDENTS: { readonly [Name in keyof ValidatedWebhook]: Dependents } = {
  ...STATE,
  ...SETTINGS,
  // The code that was sent to an earlier URL confirms nothing.
  pendingUrl: ['validation'],
  validatedAt: ['validation'],
  id: NONE,
  tenantId: NONE,
  version: NONE,
  retrySchedule: NONE,
  timeoutMs: NONE,
  rateLimit: NONE,
  maxInFlight: NONE,
  onExhausted: NONE,
  maxBlockedMinutes: NONE,
  isSlow: NONE,
  failingSince: NONE,
};

type Field = keyof ValidatedWebhook;
type Fields = Partial<ValidatedWebhook>;

/** Compares fields that are no primitive values. */
const COMPARERS: {
  readonly [Name in Field]?: (before: Fields, current: Fields) => boolean;
} = {
  secrets: (before, current) => hasSameSecrets(before.secrets ?? [], current.secrets ?? []),
  privateNetworks: (before, current) => String(before.privateNetworks) === String(current.privateNetworks),
  validatedAt: (before, current) => before.validatedAt?.getTime() === current.validatedAt?.getTime(),
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table has no other keys
const FIELDS = Object.keys(DEPENDENTS) as Field[];

const fieldsOf = (kind: RequestKind): readonly Field[] =>
  FIELDS.filter((field) => DEPENDENTS[field].includes(kind));

const COMPARED: Readonly<Record<RequestKind, readonly Field[]>> = {
  event: fieldsOf('event'),
  validation: fieldsOf('validation'),
  token: fieldsOf('token'),
};

/** Returns whether a request that was built of an earlier read of its webhook may still start: nothing that it depends on has changed. */
export function isSameRequest<Kind extends RequestKind>(
  kind: Kind,
  before: ReadOf[Kind],
  current: ReadOf[Kind],
): boolean {
  return COMPARED[kind].every((field) => isSameField(field, before, current));
}

const isSameField = (field: Field, before: Fields, current: Fields): boolean =>
  COMPARERS[field]?.(before, current) ?? before[field] === current[field];
