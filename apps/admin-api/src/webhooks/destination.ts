import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, PUSH_SETTINGS, WEBHOOK_SETTINGS } from '@posthorn/contract';
import { type FieldError, fieldError, type LifecycleCommand, PosthornError } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import type { OutboundRules } from '@posthorn/outbound';
import { type InputRules, webhookInputErrors } from './webhook-input-errors.js';
import { allowedUrl } from './webhook-settings.js';

/** How a webhook gets its events, in a request. */
interface RequestedDestination {
  delivery?: 'push' | 'pull' | undefined;
  url?: string | undefined;
}

/** Settings that concern requests, with the values that have no effect. */
const REQUEST_SETTINGS: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(PUSH_SETTINGS.map((name) => [name, WEBHOOK_SETTINGS.defaults[name]])),
  headersApproved: false,
  // The feed would have its events.
  shadow: false,
};

/** Returns what is wrong with the input of a new webhook. */
export const newWebhookInputErrors = (body: unknown, rules: InputRules): FieldError[] => {
  const isUrlMissing = isJsonObject(body) && body['delivery'] !== 'pull' && body['url'] === undefined;
  return [
    ...(isUrlMissing ? [fieldError('url', 'required')] : []),
    ...changedWebhookInputErrors(body, rules),
  ];
};

/** Returns what is wrong with a change of a webhook, whatever it was before. */
export const changedWebhookInputErrors = (body: unknown, rules: InputRules): FieldError[] => [
  ...(isJsonObject(body) && body['delivery'] === 'pull' ? pullErrors(body) : []),
  ...webhookInputErrors(body, rules),
];

/** Returns the fields that do not apply to a webhook that is read with its feed. */
const pullErrors = (body: Record<string, unknown>): FieldError[] => [
  ...(body['url'] === undefined ? [] : [fieldError('url', 'request_setting')]),
  ...Object.entries(REQUEST_SETTINGS).flatMap(([name, unset]) =>
    [undefined, null, unset].some((value) => isDeepStrictEqual(value, body[name]))
      ? []
      : [fieldError(name, 'request_setting')],
  ),
];

/** Returns the destination of a new webhook. @throws PosthornError if webhooks may not send to the URL */
export function newDestination(
  { delivery = 'push', url }: RequestedDestination,
  rules: OutboundRules,
): Pick<WebhookRecord, 'delivery' | 'url'> {
  return { delivery, url: url === undefined ? null : allowedUrl(url, rules) };
}

/**
 * Returns the command that changes the destination of a webhook, null for no change.
 * @param requested with the normalized URL
 * @throws PosthornError if the change, with the destination that the webhook has, has fields that do not apply or lacks the URL
 */
export function destinationCommand(
  current: Pick<WebhookRecord, 'delivery'>,
  requested: RequestedDestination,
  body: Record<string, unknown>,
): LifecycleCommand | null {
  const { delivery = current.delivery, url } = requested;
  if (delivery === 'pull') {
    const errors = pullErrors(body).map((error) =>
      error.path === 'url' ? fieldError('url', 'url_of_pull') : error,
    );
    if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
    return current.delivery === 'pull' ? null : { type: 'set_pull' };
  }
  if (url !== undefined) return { type: 'change_url', url };
  if (current.delivery === 'push') return null;
  throw new PosthornError('invalid_input', { errors: [fieldError('url', 'required')] });
}
