/**
 * The states of the webhook state machine; docs/concepts.md has the diagram. `deleted` is final. The history of a
 * deleted webhook stays readable.
 */
export type WebhookStatus = 'pending_validation' | 'active' | 'suspended' | 'deleted';

/** Whether a webhook gets requests, or is read with its feed. */
export type WebhookDelivery = 'push' | 'pull';

/** Who suspended a webhook: Posthorn itself, a key of all tenants, or a key or portal link of its tenant. */
export const SUSPENDERS = ['system', 'operator', 'tenant'] as const;

export type Suspender = (typeof SUSPENDERS)[number];

export interface WebhookLifecycle {
  status: WebhookStatus;
  delivery: WebhookDelivery;
  /** Null if it is read with its feed. */
  url: string | null;
  /** A new URL that is not validated yet. Until then events are sent to `url`. */
  pendingUrl: string | null;
  /** Incremented by suspend, reactivate and delete, when an active webhook becomes a shadow or stops being one, and when a webhook is no longer read with its feed. A delivery with an older epoch is never sent. */
  epoch: number;
  /** Pending deliveries of earlier epochs are dropped as `shadow`. Null while the webhook is a shadow: all are. */
  sentFromEpoch: number | null;
  /** Events published before this time do not match this webhook. Null until the first validation. */
  activeSince: Date | null;
  /** When a code from the URL was last confirmed. Null if the URL was only attested. */
  validatedAt: Date | null;
  /** When an operator last attested that a URL of the webhook had been receiving. It stays after a validation. */
  attestedAt: Date | null;
  attestedUrl: string | null;
  /** The name of the key at that time. */
  attestedByName: string | null;
  attestReason: string | null;
  suspendedAt: Date | null;
  suspendReason: string | null;
  suspendedBy: Suspender | null;
  /** The name of the key at that time. */
  suspendedByName: string | null;
  deletedAt: Date | null;
}

export type LifecycleCommand =
  | { type: 'confirm_validation' }
  | { type: 'attest'; reason: string; byName: string }
  /** A webhook that is read with its feed gets requests from now on, once the URL is validated. */
  | { type: 'change_url'; url: string }
  | { type: 'set_pull' }
  | { type: 'suspend'; reason: string; by: Suspender; byName: string | null }
  | { type: 'reactivate' }
  | { type: 'set_shadow'; shadow: boolean }
  | { type: 'delete' };

export type Transition =
  | { ok: true; next: WebhookLifecycle }
  | { ok: false; status: WebhookStatus; command: LifecycleCommand['type'] };

/** Returns the URL that a validation request goes to, or null if there is no URL to validate. An attested URL can be validated, too. */
export function validationTarget(
  webhook: Pick<WebhookLifecycle, 'status' | 'url' | 'pendingUrl' | 'validatedAt'>,
): string | null {
  switch (webhook.status) {
    case 'pending_validation':
      return webhook.url;
    case 'active':
    case 'suspended':
      return webhook.pendingUrl ?? (webhook.validatedAt === null ? webhook.url : null);
    case 'deleted':
      return null;
  }
}

/** Returns whether a webhook is a shadow: its deliveries are created, but nothing is sent. */
export function isShadow({ sentFromEpoch }: Pick<WebhookLifecycle, 'sentFromEpoch'>): boolean {
  return sentFromEpoch === null;
}

/** Returns whether a delivery with this epoch is not sent because the webhook is a shadow, or was one at that time. */
export function isShadowed(
  { sentFromEpoch }: Pick<WebhookLifecycle, 'sentFromEpoch'>,
  epoch: number,
): boolean {
  return sentFromEpoch === null || epoch < sentFromEpoch;
}

/** Applies a command. Returns the next state, or `ok: false` if the current state does not allow the command. */
export function transition(webhook: WebhookLifecycle, command: LifecycleCommand, now: Date): Transition {
  const next = nextState(webhook, command, now);
  return next ? { ok: true, next } : { ok: false, status: webhook.status, command: command.type };
}

function nextState(webhook: WebhookLifecycle, command: LifecycleCommand, now: Date): WebhookLifecycle | null {
  if (webhook.status === 'deleted') return null;
  switch (command.type) {
    case 'confirm_validation':
      return confirmed(webhook, now);
    case 'attest':
      return attested(webhook, command, now);
    case 'change_url':
      return withUrl(webhook, command.url);
    case 'set_pull':
      return withoutUrl(webhook, now);
    case 'suspend':
      if (webhook.status !== 'active') return null;
      return {
        ...webhook,
        status: 'suspended',
        epoch: webhook.epoch + 1,
        suspendedAt: now,
        suspendReason: command.reason,
        suspendedBy: command.by,
        suspendedByName: command.byName,
      };
    case 'reactivate':
      if (webhook.status !== 'suspended') return null;
      return {
        ...webhook,
        status: 'active',
        epoch: webhook.epoch + 1,
        activeSince: now,
        ...NOT_SUSPENDED,
      };
    case 'set_shadow':
      return withShadow(webhook, command.shadow, now);
    case 'delete':
      return { ...webhook, status: 'deleted', epoch: webhook.epoch + 1, pendingUrl: null, deletedAt: now };
  }
}

function confirmed(webhook: WebhookLifecycle, now: Date): WebhookLifecycle | null {
  if (webhook.status === 'pending_validation') {
    return { ...webhook, status: 'active', activeSince: now, validatedAt: now };
  }
  const url = validationTarget(webhook);
  return url === null ? null : { ...webhook, url, pendingUrl: null, validatedAt: now };
}

function attested(
  webhook: WebhookLifecycle,
  { byName, reason }: Extract<LifecycleCommand, { type: 'attest' }>,
  now: Date,
): WebhookLifecycle | null {
  const isFirst = webhook.status === 'pending_validation';
  const url = isFirst ? webhook.url : webhook.pendingUrl;
  if (url === null) return null;
  return {
    ...webhook,
    ...(isFirst && { status: 'active', activeSince: now }),
    url,
    pendingUrl: null,
    validatedAt: null,
    attestedAt: now,
    attestedUrl: url,
    attestedByName: byName,
    attestReason: reason,
  };
}

function withUrl(webhook: WebhookLifecycle, url: string): WebhookLifecycle {
  if (webhook.delivery === 'pull')
    return {
      ...webhook,
      status: 'pending_validation',
      delivery: 'push',
      url,
      epoch: webhook.epoch + 1,
      activeSince: null,
      ...NOT_SUSPENDED,
    };
  if (webhook.status === 'pending_validation') return { ...webhook, url };
  return { ...webhook, pendingUrl: url === webhook.url ? null : url };
}

/** Not while it is active: requests may be in flight, and a suspend waits for them. Without a URL there is nothing to validate. */
function withoutUrl(webhook: WebhookLifecycle, now: Date): WebhookLifecycle | null {
  if (webhook.delivery === 'pull') return webhook;
  if (webhook.status === 'active') return null;
  return {
    ...webhook,
    ...(webhook.status === 'pending_validation' && { status: 'active', activeSince: now }),
    delivery: 'pull',
    url: null,
    pendingUrl: null,
    validatedAt: null,
    // A shadow gets no requests; there are none.
    sentFromEpoch: webhook.sentFromEpoch ?? webhook.epoch,
  };
}

const NOT_SUSPENDED = {
  suspendedAt: null,
  suspendReason: null,
  suspendedBy: null,
  suspendedByName: null,
} as const;

/** Nothing is retroactive: an event that was published to a shadow, or waits in Redis, is not sent when the shadow ends. */
function withShadow(webhook: WebhookLifecycle, shadow: boolean, now: Date): WebhookLifecycle {
  if (shadow === isShadow(webhook)) return webhook;
  const isActive = webhook.status === 'active';
  const epoch = isActive ? webhook.epoch + 1 : webhook.epoch;
  return {
    ...webhook,
    epoch,
    sentFromEpoch: shadow ? null : epoch,
    activeSince: isActive ? now : webhook.activeSince,
  };
}
