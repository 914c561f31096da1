import { ERROR_CODES, type ErrorCode, FIELD_MESSAGES } from '@posthorn/core';

/** The path of the error reference on every installation. The code of an error is the anchor of its entry. */
export const ERRORS_PATH = '/docs/errors';

/** Why an error occurs, and what to do about it. Markdown with code spans only. */
export interface ErrorEntry {
  cause: string;
  remedy: string;
}

const RETRY = 'Retry after the time in `Retry-After`.';

/** The error reference. An error code without an entry does not compile. */
export const ERROR_REFERENCE: Readonly<Record<ErrorCode, ErrorEntry>> = {
  invalid_json: {
    cause: 'The body is missing, is not JSON, or is not UTF-8.',
    remedy: 'Send one JSON value as the body, without trailing commas or a second byte order mark.',
  },
  unauthorized: {
    cause: 'The `Authorization` header is missing, or its key is unknown, expired or revoked.',
    remedy:
      'Send `Authorization: Bearer phk_…` with a valid key. An admin lists the keys with `GET /v1/api-keys`. A session of the dashboard ends after 12 hours: sign in again.',
  },
  forbidden: {
    cause:
      'The key is valid, but has no scope for this call, belongs to one tenant where a key for all tenants is required, or is a portal link without this feature.',
    remedy: '`detail` names what is missing. Use another key, or create one with the scope.',
  },
  quota_exceeded: {
    cause:
      'The tenant has as many webhooks, keys, portal links or recipients as its quota allows (403), or publishes more events per second (429).',
    remedy:
      'For 429, retry after the time in `Retry-After`. For 403, delete what is no longer used, or raise the quota with `PATCH /v1/tenants/:id`.',
  },
  tenant_suspended: {
    cause:
      'The operator has suspended the tenant: nothing is accepted for it, sent to its webhooks or read with its feeds.',
    remedy:
      'Ask the operator. A key for all tenants reactivates the tenant with `POST /v1/tenants/:id/reactivate`.',
  },
  attestation_not_allowed: {
    cause: '`POSTHORN_ATTESTATION_UNTIL` is not set or has passed.',
    remedy:
      'Validate the URL with a code: `POST /v1/webhooks/:id/validation`. Operators can set the variable during a migration.',
  },
  key_sign_in_disabled: {
    cause: 'The installation lets people sign in with single sign-on only. API keys still work for programs.',
    remedy: 'Sign in with single sign-on. Operators allow keys again with `POSTHORN_KEY_SIGN_IN=true`.',
  },
  cross_site_request: {
    cause: 'A page of another site made the browser send the session cookie.',
    remedy:
      'Call the API from your server with a key. Behind a proxy, check that `POSTHORN_PUBLIC_URL` is the address that browsers use.',
  },
  not_found: {
    cause:
      'The path is unknown, or the resource does not exist, is deleted, has expired or belongs to another tenant.',
    remedy:
      'Check the path and the id. A key for all tenants names the tenant of a webhook with an external id in `tenantId`.',
  },
  method_not_allowed: {
    cause: 'The path exists, but not with this method.',
    remedy: 'Use a method that the `Allow` header lists.',
  },
  request_timeout: {
    cause: 'The body arrived too slowly.',
    remedy: 'Repeat the call over a new connection. Send large batches in smaller parts.',
  },
  invalid_state: {
    cause:
      'The current state of the resource does not allow the call, for example suspending a suspended webhook.',
    remedy: '`detail` names the state. Get the resource and decide what to do next.',
  },
  address_unsubscribed: {
    cause: 'The owner of the address has unsubscribed from the emails of the tenant.',
    remedy: 'Only the owner can undo that, with the link in an earlier email. Add another address.',
  },
  cursor_ahead: {
    cause:
      'The sequence number is higher than the last one of the webhook: it is of another webhook, or PostgreSQL was restored or failed over to a replica, and the latest numbers were lost.',
    remedy:
      'Check the webhook. After a restore or a failover, keep the position and try again later: the next event gets a higher number. To read again what is there, use `last` or a lower number.',
  },
  tenant_deleted: {
    cause: 'The tenant with this external id is deleted, and its data is not purged yet.',
    remedy: 'Restore it with `POST /v1/tenants/:id/restore` and its `ten_…` id, or use another external id.',
  },
  payload_expired: {
    cause: 'The payload of the event has expired, so the delivery cannot be sent again.',
    remedy:
      'Publish the event again. To keep payloads for longer, set the `retention` of the tenant or the event type.',
  },
  conflict: {
    cause:
      'Another resource has the same name or external id, or a call changed the resource at the same time.',
    remedy: 'Use another name or external id, or update the existing resource.',
  },
  idempotency_in_progress: {
    cause:
      'A request with the same `Idempotency-Key` has not ended yet, or its process was stopped less than a minute ago.',
    remedy: `${RETRY} Keep the same key.`,
  },
  feed_expired: {
    cause:
      'The entry that follows `after` has been deleted by retention, with all up to `firstSequence` or only some of them.',
    remedy:
      'Get the present state from the sender by other means, then continue with the number before `firstSequence` as `after`.',
  },
  precondition_failed: {
    cause:
      'The resource does not have the entity tag in `If-Match`, does not exist, or has a tag in `If-None-Match`: it was changed, possibly by an earlier attempt of the same call.',
    remedy: 'Get the resource, apply the change to its current settings, and send its `ETag` as `If-Match`.',
  },
  payload_too_large: {
    cause: 'The body or the event is larger than allowed.',
    remedy: 'Split the batch, or send a link to large data instead of the data.',
  },
  unsupported_media_type: {
    cause:
      'The `Content-Type` is not `application/json`, has another charset than UTF-8, or the body is compressed.',
    remedy:
      'Send uncompressed UTF-8 with `Content-Type: application/json`. PATCH also accepts `application/merge-patch+json`.',
  },
  invalid_input: {
    cause: 'The body, the query or a header is readable but not valid.',
    remedy:
      '`errors` lists every invalid field with its `path`, a `code`, and what is expected. Correct all of them.',
  },
  url_not_allowed: {
    cause: 'The URL points to an address that is not on the public internet.',
    remedy: 'Use a public URL. Operators can allow networks with `POSTHORN_OUTBOUND_ALLOW`.',
  },
  schema_violation: {
    cause: 'The event type has a JSON Schema, and the `data` of the event does not match it.',
    remedy:
      '`errors` lists the paths. Correct the data, or change the schema with `PATCH /v1/event-types/:name`.',
  },
  email_not_sent: {
    cause: 'The SMTP server did not accept the message.',
    remedy: '`detail` has the reply of the server. Check the SMTP settings of the installation.',
  },
  validation_delivery_failed: {
    cause: 'The receiver did not respond to the validation request with a 2xx status in time.',
    remedy:
      '`responseStatus` or `error` says what happened. Make the receiver respond with 2xx, then request a new code. The timeout is 10 s unless the webhook has another one.',
  },
  validation_code_invalid: {
    cause: 'The code is not the one that was last sent to the URL.',
    remedy:
      'Read the code in the body of the latest validation request, `data.code`. `attemptsLeft` says how often you may still try.',
  },
  validation_code_expired: {
    cause: 'The code is older than 15 minutes.',
    remedy: 'Request a new one with `POST /v1/webhooks/:id/validation`.',
  },
  validation_code_locked: {
    cause: '5 wrong codes were sent.',
    remedy: 'Request a new code with `POST /v1/webhooks/:id/validation`.',
  },
  validation_not_requested: {
    cause: 'No code was sent to this URL, or the URL has changed since.',
    remedy: 'Request a code with `POST /v1/webhooks/:id/validation`.',
  },
  idempotency_key_reused: {
    cause: 'The idempotency key was used before, for a request with other content.',
    remedy: 'Use a new key for each new request, and the same key only to repeat the same request.',
  },
  too_many_requests: {
    cause:
      'Too many calls of the tenant or key are in progress, too many streams are open, or too many requests with an invalid key came from this network.',
    remedy: `${RETRY} Make fewer calls at the same time.`,
  },
  too_many_validations: {
    cause: 'Too many validation requests were sent without a confirmed code.',
    remedy: `Check the receiver and confirm a code that it got. ${RETRY}`,
  },
  too_many_confirmations: {
    cause:
      'The address was asked for a confirmation too often: once a day and three times in 30 days are allowed.',
    remedy: `Ask its owner to look for the earlier email. ${RETRY}`,
  },
  internal_error: {
    cause: 'An unexpected error in Posthorn. The change may have been applied.',
    remedy:
      'Get the resource to see whether the change was applied. Report the error with its `requestId`, which is also in the logs of the API.',
  },
  unavailable: {
    cause: 'PostgreSQL or Redis does not respond, or the installation is overloaded.',
    remedy: `${RETRY} Repeat a POST with the same idempotency key. Operators find the cause with \`npx posthorn doctor\` and \`GET /readyz\`.`,
  },
};

/** The entries of the error reference with their statuses and titles, in the order of the codes. */
export const ERROR_ENTRIES = Object.entries(ERROR_CODES).map(([name, { status, title }]) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
  const code = name as ErrorCode;
  const { cause, remedy } = ERROR_REFERENCE[code];
  return { code, status, title, cause, remedy };
});

/** The codes of fields with their messages, which have `{name}` for the parameters. */
export const FIELD_ERROR_ENTRIES = Object.entries(FIELD_MESSAGES).map(([code, message]) => ({
  code,
  message: message.replaceAll(/\{\{(\w+)\}\}/g, '{$1}'),
}));
