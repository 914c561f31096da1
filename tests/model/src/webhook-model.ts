import type { Command, Url } from './command.js';

/** What is known of a code that was asked for. */
interface Code {
  delivered: boolean;
  wrongTries: number;
}

/** A webhook as the design says that it is. Imports nothing of packages/core. */
export interface WebhookModel {
  status: 'pending_validation' | 'active' | 'suspended' | 'deleted';
  /** Raised by whatever makes deliveries of before no longer due. */
  epoch: number;
  /** The step of the sequence since which it is active; what was pushed in an earlier step is not for it. */
  activeSince: number | null;
  url: Url;
  /** Staged, until it is validated. */
  pendingUrl: Url | null;
  eventTypes: readonly string[];
  retrySchedule: readonly number[];
  code: Code | null;
}

export type LifecycleCommand = Extract<
  Command,
  { do: 'request_code' | 'confirm' | 'change_types' | 'change_url' | 'suspend' | 'reactivate' | 'delete' }
>;

/** What the API is to answer. */
export interface ExpectedAnswer {
  status: number;
  code?: string;
}

export interface Step {
  next: WebhookModel;
  answer: ExpectedAnswer;
}

const MOST_WRONG_TRIES = 5;

export function newWebhook(eventTypes: readonly string[], retrySchedule: readonly number[]): WebhookModel {
  return {
    status: 'pending_validation',
    epoch: 0,
    activeSince: null,
    url: 0,
    pendingUrl: null,
    eventTypes,
    retrySchedule,
    code: null,
  };
}

/** The URL that waits for its validation. */
export function unvalidatedUrl({ status, url, pendingUrl }: WebhookModel): Url | null {
  if (status === 'deleted') return null;
  return status === 'pending_validation' ? url : pendingUrl;
}

export function wants({ status, eventTypes }: WebhookModel, type: string): boolean {
  if (status !== 'active') return false;
  return eventTypes.some((pattern) =>
    pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );
}

/** What `command` makes of a webhook in the step number `now`, and what the API answers. */
export function step(webhook: WebhookModel, command: LifecycleCommand, now: number): Step {
  if (webhook.status === 'deleted') return refused(webhook, 404, 'not_found');
  switch (command.do) {
    case 'request_code':
      return requestCode(webhook, command.refused);
    case 'confirm':
      return confirm(webhook, command.code, now);
    case 'change_types':
      return done({ ...webhook, eventTypes: command.eventTypes });
    case 'change_url':
      return done(withUrl(webhook, command.url));
    case 'suspend':
      if (webhook.status !== 'active') return refused(webhook, 409, 'invalid_state');
      return done({ ...webhook, status: 'suspended', epoch: webhook.epoch + 1 });
    case 'reactivate':
      if (webhook.status !== 'suspended') return refused(webhook, 409, 'invalid_state');
      return done({ ...webhook, status: 'active', epoch: webhook.epoch + 1, activeSince: now });
    case 'delete':
      return done({ ...webhook, status: 'deleted', epoch: webhook.epoch + 1, pendingUrl: null }, 204);
  }
}

const done = (next: WebhookModel, status = 200): Step => ({ next, answer: { status } });

const refused = (webhook: WebhookModel, status: number, code: string): Step => ({
  next: webhook,
  answer: { status, code },
});

function requestCode(webhook: WebhookModel, receiverRefuses: boolean): Step {
  if (unvalidatedUrl(webhook) === null) return refused(webhook, 409, 'invalid_state');
  const next = { ...webhook, code: { delivered: !receiverRefuses, wrongTries: 0 } };
  return receiverRefuses ? refused(next, 422, 'validation_delivery_failed') : done(next);
}

function confirm(webhook: WebhookModel, tried: 'right' | 'wrong', now: number): Step {
  const { code } = webhook;
  if (unvalidatedUrl(webhook) === null) return refused(webhook, 409, 'invalid_state');
  if (!code) return refused(webhook, 422, 'validation_not_requested');
  if (code.wrongTries >= MOST_WRONG_TRIES) return refused(webhook, 422, 'validation_code_locked');
  if (!code.delivered) return refused(webhook, 422, 'validation_not_requested');
  if (tried === 'wrong') {
    const next = { ...webhook, code: { ...code, wrongTries: code.wrongTries + 1 } };
    return refused(next, 422, 'validation_code_invalid');
  }
  if (webhook.status === 'pending_validation') {
    return done({ ...webhook, status: 'active', activeSince: now, code: null });
  }
  return done({ ...webhook, url: webhook.pendingUrl ?? webhook.url, pendingUrl: null, code: null });
}

/** A code proves the URL that it was sent to, and no other. */
function withUrl(webhook: WebhookModel, url: Url): WebhookModel {
  const next =
    webhook.status === 'pending_validation'
      ? { ...webhook, url }
      : { ...webhook, pendingUrl: url === webhook.url ? null : url };
  return unvalidatedUrl(next) === unvalidatedUrl(webhook) ? next : { ...next, code: null };
}
