import { fillIn, type MessageParams, type ParamsOf } from './message-template.js';

/**
 * The details of errors that users of the portal may see, by code, with `{{name}}` for parameters. The dashboard has each of them in all
 * its languages. Other details are for those who operate or program with the API.
 */
export const REASONS = {
  webhook_exists: 'A webhook with this externalId already exists',
  webhook_active: 'Not allowed while the webhook is active',
  webhook_pending_validation: 'Not allowed while the webhook is pending_validation',
  webhook_suspended: 'Not allowed while the webhook is suspended',
  webhook_deleted: 'Not allowed while the webhook is deleted',
  webhook_pull: 'Not allowed: the webhook gets no requests, it is read with its feed',
  tenant_suspended: 'Not allowed while the tenant is suspended',
  auth_without_token:
    'Only OAuth 2.0 authentication can be tested alone. Send a test event to test the others.',
  webhook_not_failing: 'The webhook is neither failing nor suspended',
  webhook_changed: 'The webhook was changed before the request was sent. Try again.',
  nothing_to_validate_active: 'The webhook is active and has no URL to validate',
  nothing_to_validate_suspended: 'The webhook is suspended and has no URL to validate',
  code_replaced: 'A newer code or a change of the URL replaced this code. Request a new one.',
  validations_of_webhook:
    'The last {{limit}} validation requests of this webhook within {{minutes}} minutes were not confirmed. Check the receiver and confirm a code that it got, or retry in {{seconds}} s.',
  validations_of_tenant:
    'The last {{limit}} validation requests of this tenant within {{minutes}} minutes were not confirmed. Check the receiver and confirm a code that it got, or retry in {{seconds}} s.',
  validations_to_host:
    'The last {{limit}} validation requests to this host within {{minutes}} minutes were not confirmed. Check the receiver and confirm a code that it got, or retry in {{seconds}} s.',
  validations_to_address:
    'The last {{limit}} validation requests to the address of this host within {{minutes}} minutes were not confirmed. Check the receiver and confirm a code that it got, or retry in {{seconds}} s.',
  validations_in_progress: 'Too many validations of this tenant at this host are in progress',
  receiver_status: 'The receiver responded with {{status}}',
  receiver_status_without_headers:
    'The receiver responded with {{status}}. Custom headers are not sent before the validation, unless an admin key has set or approved them',
  client_certificate_withheld:
    'The receiver requires a client certificate. It is not presented before the validation, unless an admin key has set or approved it',
  payload_expired: "The event's payload has expired, so the delivery cannot be retried",
  event_erased: 'Not allowed: the data of the event was erased',
  attempts_exhausted: 'The delivery has had {{max}} attempts, the maximum. Publish the event again',
  waits_for_delivery:
    'The delivery waits for {{deliveryId}}, which comes first in order. Retry or skip that one.',
  delivery_settled: 'Not allowed: the delivery is not pending',
  delivery_not_ordered: 'Only deliveries of a webhook with an order can be skipped',
  drops_unfinished: 'Deliveries from before the webhook was suspended are still being dropped. Try again.',
  replay_completed: 'Not allowed: the replay is already completed',
  recovery_completed: 'Not allowed: the recovery is already completed',
  request_expired: 'The request is not available: the event has expired',
  request_of_deleted_webhook: 'The request is not available: the webhook was deleted',
  last_secret:
    'A webhook needs a signing secret. Rotate it, with an overlap of 0 hours, to replace the only one.',
  key_missing:
    'The delivery format has only Ed25519 signatures, so the webhook needs an Ed25519 key. Create one (POST …/signing-keys), then set the format. A new webhook gets one with signingKey',
  secret_missing:
    'The webhook has no signing secret, so it needs its own delivery format with only Ed25519 signatures. To use another one, create a secret first (POST …/secrets/rotate)',
  formatted_body_too_long: 'The delivery format makes the body too long',
  body_too_large: 'The body must not be larger than {{max}} bytes',
  smtp_missing: 'No emails are sent: SMTP is not configured',
  recipient_confirmed: 'The address is already confirmed',
  recipient_unsubscribed: 'Its owner can subscribe again with the link to unsubscribe in an earlier email.',
  confirmation_limit: 'An address gets at most one request a day and {{max}} in 30 days.',
  recipient_limit: 'The limit of {{max}} addresses is reached. Remove one.',
  recipients_per_day: 'At most {{max}} addresses can be added per day. Try again tomorrow.',
  webhook_quota:
    'The quota for webhooks ({{max}}) is reached. Delete one, or ask the operator for a higher quota.',
  api_key_quota:
    'The quota for active API keys ({{max}}) is reached. Revoke one, or ask the operator for a higher quota.',
  portal_link_quota:
    'The quota for portal links ({{max}}) is reached. Revoke one, wait until one expires, or ask the operator for a higher quota.',
  query_timed_out: 'The query timed out. Retry, or narrow the time range.',
} as const;

export type ReasonCode = keyof typeof REASONS;

/** Why a request failed, beside the code of its error. */
export interface Reason {
  code: ReasonCode;
  /** The values in the message. */
  params: MessageParams;
  message: string;
}

/** Returns a reason as the API returns it, beside its message. */
export const shownReason = ({ code, params }: Reason): Omit<Reason, 'message'> => ({ code, params });

/** Returns a reason with its message, which is the detail of the error. */
export function reason<Code extends ReasonCode>(
  code: Code,
  ...[params]: ParamsOf<(typeof REASONS)[Code]>
): Reason {
  const values: MessageParams = params ?? {};
  return { code, params: values, message: fillIn(REASONS[code], values) };
}
