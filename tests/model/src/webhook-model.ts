import type { Command, Delivery, Ordering, Url } from './command.js';

/** A validation code that was requested. */
interface Code {
  delivered: boolean;
  wrongAttempts: number;
}

/** A webhook as the design defines it. This file imports nothing from packages/core. */
export interface WebhookModel {
  status: 'pending_validation' | 'active' | 'suspended' | 'deleted';
  /** Incremented by every change after which earlier deliveries must not be sent. */
  epoch: number;
  /** The step in which it became active; events pushed in earlier steps do not match. */
  activeSince: number | null;
  delivery: Delivery;
  /** Without effect while it is read with its feed. */
  url: Url;
  /** Staged until it is validated. */
  pendingUrl: Url | null;
  eventTypes: readonly string[];
  retrySchedule: readonly number[];
  /** Without effect while it is read with its feed. */
  ordering: Ordering;
  sequence: boolean;
  code: Code | null;
}

export type LifecycleCommand = Extract<
  Command,
  {
    do:
      | 'request_code'
      | 'confirm'
      | 'change_types'
      | 'change_url'
      | 'pull'
      | 'push_to'
      | 'suspend'
      | 'reactivate'
      | 'delete';
  }
>;

/** The response that the API must return. */
export interface ExpectedResponse {
  status: number;
  code?: string;
}

export interface Transition {
  next: WebhookModel;
  response: ExpectedResponse;
}

const MAX_WRONG_ATTEMPTS = 5;

export type WebhookFields = Pick<
  WebhookModel,
  'eventTypes' | 'retrySchedule' | 'ordering' | 'sequence' | 'delivery'
>;

/** Returns a webhook that is created in the step `now`. Without a URL there is nothing to validate. */
export function newWebhook(
  { eventTypes, retrySchedule, ordering, sequence, delivery }: WebhookFields,
  now: number,
): WebhookModel {
  const isPulled = delivery === 'pull';
  return {
    status: isPulled ? 'active' : 'pending_validation',
    epoch: 0,
    activeSince: isPulled ? now : null,
    delivery,
    url: 0,
    pendingUrl: null,
    eventTypes,
    retrySchedule,
    ordering,
    sequence,
    code: null,
  };
}

/** Returns whether requests of events may start. */
export const getsRequests = ({ status, delivery }: WebhookModel): boolean =>
  status === 'active' && delivery === 'push';

/** Returns whether deliveries get a number. */
export const isNumbered = ({ delivery, ordering, sequence }: WebhookModel): boolean =>
  delivery === 'pull' || ordering !== 'none' || sequence;

/** Returns the URL that needs validation, or null. */
export function unvalidatedUrl({ status, delivery, url, pendingUrl }: WebhookModel): Url | null {
  if (status === 'deleted' || delivery === 'pull') return null;
  return status === 'pending_validation' ? url : pendingUrl;
}

export function matches({ status, eventTypes }: WebhookModel, type: string): boolean {
  if (status !== 'active') return false;
  return eventTypes.some((pattern) =>
    pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );
}

/** Returns the webhook after `command` in the step `now`, and the response of the API. */
export function applyCommand(webhook: WebhookModel, command: LifecycleCommand, now: number): Transition {
  if (webhook.status === 'deleted') return rejected(webhook, 404, 'not_found');
  switch (command.do) {
    case 'request_code':
      return requestCode(webhook, command.rejected);
    case 'confirm':
      return confirm(webhook, command.code, now);
    case 'change_types':
      return done({ ...webhook, eventTypes: command.eventTypes });
    case 'change_url':
      if (webhook.delivery === 'pull') return rejected(webhook, 422, 'invalid_input');
      return done(withUrl(webhook, command.url));
    case 'pull':
      return pull(webhook, now);
    case 'push_to':
      return done(webhook.delivery === 'push' ? withUrl(webhook, command.url) : pushed(webhook, command.url));
    case 'suspend':
      if (webhook.status !== 'active') return rejected(webhook, 409, 'invalid_state');
      return done({ ...webhook, status: 'suspended', epoch: webhook.epoch + 1 });
    case 'reactivate':
      if (webhook.status !== 'suspended') return rejected(webhook, 409, 'invalid_state');
      return done({ ...webhook, status: 'active', epoch: webhook.epoch + 1, activeSince: now });
    case 'delete':
      return done({ ...webhook, status: 'deleted', epoch: webhook.epoch + 1, pendingUrl: null }, 204);
  }
}

const done = (next: WebhookModel, status = 200): Transition => ({ next, response: { status } });

const rejected = (webhook: WebhookModel, status: number, code: string): Transition => ({
  next: webhook,
  response: { status, code },
});

function requestCode(webhook: WebhookModel, receiverRejects: boolean): Transition {
  if (unvalidatedUrl(webhook) === null) return rejected(webhook, 409, 'invalid_state');
  const next = { ...webhook, code: { delivered: !receiverRejects, wrongAttempts: 0 } };
  return receiverRejects ? rejected(next, 422, 'validation_delivery_failed') : done(next);
}

function confirm(webhook: WebhookModel, attempt: 'right' | 'wrong', now: number): Transition {
  const { code } = webhook;
  if (unvalidatedUrl(webhook) === null) return rejected(webhook, 409, 'invalid_state');
  if (!code) return rejected(webhook, 422, 'validation_not_requested');
  if (code.wrongAttempts >= MAX_WRONG_ATTEMPTS) return rejected(webhook, 422, 'validation_code_locked');
  if (!code.delivered) return rejected(webhook, 422, 'validation_not_requested');
  if (attempt === 'wrong') {
    const next = { ...webhook, code: { ...code, wrongAttempts: code.wrongAttempts + 1 } };
    return rejected(next, 422, 'validation_code_invalid');
  }
  if (webhook.status === 'pending_validation') {
    return done({ ...webhook, status: 'active', activeSince: now, code: null });
  }
  return done({ ...webhook, url: webhook.pendingUrl ?? webhook.url, pendingUrl: null, code: null });
}

/** Ends the requests, which is not allowed while any may be in flight. */
function pull(webhook: WebhookModel, now: number): Transition {
  if (webhook.delivery === 'pull') return done(webhook);
  if (webhook.status === 'active') return rejected(webhook, 409, 'invalid_state');
  const next = { ...webhook, delivery: 'pull' as const, pendingUrl: null, code: null };
  return done(webhook.status === 'suspended' ? next : { ...next, status: 'active', activeSince: now });
}

/** Begins a new life, with a URL to validate. */
const pushed = (webhook: WebhookModel, url: Url): WebhookModel => ({
  ...webhook,
  status: 'pending_validation',
  delivery: 'push',
  url,
  epoch: webhook.epoch + 1,
  activeSince: null,
});

/** Changes the URL. A code is valid only for the URL that it was sent to. */
function withUrl(webhook: WebhookModel, url: Url): WebhookModel {
  const next =
    webhook.status === 'pending_validation'
      ? { ...webhook, url }
      : { ...webhook, pendingUrl: url === webhook.url ? null : url };
  return unvalidatedUrl(next) === unvalidatedUrl(webhook) ? next : { ...next, code: null };
}
