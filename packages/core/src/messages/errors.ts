import type { FieldError } from './field-error.js';
import type { Reason } from './reasons.js';

/** The HTTP status and title of every error that a client can receive. The codes are a stable part of the API. */
export const ERROR_CODES = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'Invalid or expired API key' },
  forbidden: { status: 403, title: 'Not allowed for this API key' },
  quota_exceeded: { status: 403, title: 'A quota of the tenant is reached' },
  tenant_suspended: { status: 403, title: 'The tenant is suspended' },
  attestation_not_allowed: { status: 403, title: 'The URL must be validated with a code' },
  key_sign_in_disabled: { status: 403, title: 'Sign in with single sign-on' },
  cross_site_request: { status: 403, title: 'Cross-site requests are not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The body was not received in time' },
  invalid_state: { status: 409, title: 'Not allowed in the current state' },
  address_unsubscribed: { status: 409, title: 'The owner of the address has unsubscribed' },
  cursor_ahead: { status: 409, title: 'The position is ahead of the feed' },
  tenant_deleted: { status: 409, title: 'The tenant is deleted' },
  payload_expired: { status: 409, title: 'The payload of the event has expired' },
  conflict: { status: 409, title: 'Conflict with existing data' },
  idempotency_in_progress: {
    status: 409,
    title: 'A request with this Idempotency-Key is in progress',
  },
  feed_expired: { status: 410, title: 'Entries of the feed have expired' },
  precondition_failed: { status: 412, title: 'The resource has been changed' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  invalid_input: { status: 422, title: 'Invalid input' },
  url_not_allowed: { status: 422, title: 'Posthorn is not allowed to send to this URL' },
  schema_violation: { status: 422, title: 'The event data does not match the schema of its type' },
  email_not_sent: { status: 422, title: 'The email was not sent' },
  validation_delivery_failed: { status: 422, title: 'The validation request was not delivered' },
  validation_code_invalid: { status: 422, title: 'The validation code is incorrect' },
  validation_code_expired: { status: 422, title: 'The validation code has expired' },
  validation_code_locked: { status: 422, title: 'Too many incorrect codes; request a new one' },
  validation_not_requested: { status: 422, title: 'No validation code was delivered to this URL' },
  idempotency_key_reused: {
    status: 422,
    title: 'This idempotency key was used for another request or event',
  },
  too_many_requests: { status: 429, title: 'Too many requests' },
  too_many_validations: { status: 429, title: 'Too many validation requests without a confirmation' },
  too_many_confirmations: { status: 429, title: 'Too many requests to confirm this address' },
  internal_error: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable; retry shortly' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * An error that fails a request or the start of a process. `message` is for the logs; clients receive only `code`,
 * `detail`, `reason`, `errors` and `extra`.
 */
export class PosthornError extends Error {
  /** Creates an error without a stack, which would be a large part of the cost of refusing a call in an overload. */
  static withoutStack(...args: ConstructorParameters<typeof PosthornError>): PosthornError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return new PosthornError(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  override readonly name = 'PosthornError';
  readonly code: ErrorCode;
  /** The HTTP status of the code, unless this occurrence has another. */
  readonly status: number;
  readonly detail: string | undefined;
  /** The detail as a code with parameters, if users of the portal may see it. */
  readonly reason: Reason | undefined;
  readonly errors: FieldError[] | undefined;
  readonly extra: Record<string, unknown> | undefined;

  constructor(
    code: ErrorCode,
    options: {
      status?: number;
      detail?: string;
      reason?: Reason;
      errors?: FieldError[];
      extra?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    const detail = options.detail ?? options.reason?.message;
    super(detail ?? ERROR_CODES[code].title, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ERROR_CODES[code].status;
    this.detail = detail;
    this.reason = options.reason;
    this.errors = options.errors;
    this.extra = options.extra;
  }
}
