import { TOKEN_FAILURES, TOKEN_PROXY_FAILURE_CODE, type TokenFailureCode } from './token-failure.js';

/** Faults of the egress proxy. They say nothing about the receiver. */
export const PROXY_FAILURE_CODES = [
  /** No connection to the proxy could be opened. */
  'proxy_unreachable',
  /** The proxy did not respond in time. */
  'proxy_timeout',
  /** The proxy requires credentials, or others. */
  'proxy_authentication_required',
  /** The proxy does not allow the receiver. */
  'proxy_rejected',
  /** The proxy reported an error of its own, or its response is not valid. */
  'proxy_failed',
] as const;

export type ProxyFailureCode = (typeof PROXY_FAILURE_CODES)[number];

/** Why a request received no HTTP status. A stable part of the API. */
export type FailureCode =
  | 'timeout'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls_error'
  /** The receiver requires a client certificate, or rejects the one that it got. */
  | 'tls_client_certificate'
  /** The certificate of the receiver was issued by an authority that is not trusted. */
  | 'tls_untrusted'
  /** The certificate of the receiver has expired. */
  | 'tls_expired'
  | 'network_error'
  | 'invalid_response'
  | 'blocked_address'
  | 'invalid_url'
  | ProxyFailureCode
  /** There was no access token, so no request was made. */
  | TokenFailureCode
  /** Posthorn could not build the request, so none was made. */
  | 'internal_error';

/** What an attempt was made for: a due time of the delivery's schedule, or a call that sent the delivery then. */
export const ATTEMPT_TRIGGERS = ['schedule', 'retry', 'replay', 'recovery'] as const;
export type AttemptTrigger = (typeof ATTEMPT_TRIGGERS)[number];

/** The outcome of one request to a receiver. Failures of a receiver are values, never exceptions. */
export type Outcome =
  | {
      kind: 'response';
      status: number;
      /** The first 1 KB of the response body, as text. */
      body: string;
      /** The first headers of a response that is not 2xx, without secrets. Null for other responses. */
      headers: Readonly<Record<string, string>> | null;
      retryAfter: string | null;
      durationMs: number;
    }
  | { kind: 'failure'; code: FailureCode; message: string; durationMs: number }
  /** The webhook was read too long ago to start a request; nothing was sent. */
  | { kind: 'not_started' };

export type SentOutcome = Exclude<Outcome, { kind: 'not_started' }>;

/** The outcome of an attempt without a request, because of a fault of Posthorn or its operator. It says nothing about the receiver. */
export type InternalFailure = SentOutcome & { kind: 'failure'; code: 'internal_error' };

export const INTERNAL_FAILURE: InternalFailure = {
  kind: 'failure',
  code: 'internal_error',
  message: 'This request could not be built; the operator has been alerted',
  durationMs: 0,
};

/** Returns the outcome of an attempt without a request, because there was no access token. */
export const tokenFailure = (code: TokenFailureCode): SentOutcome & { kind: 'failure' } => ({
  kind: 'failure',
  code,
  message: TOKEN_FAILURES[code],
  durationMs: 0,
});

export const isInternalFailure = (outcome: SentOutcome): outcome is InternalFailure =>
  outcome.kind === 'failure' && outcome.code === 'internal_error';

/** Codes of failures that are not the receiver's: they change neither its health nor the number of requests in flight to it. */
export const CODES_BEFORE_RECEIVER: readonly FailureCode[] = [
  INTERNAL_FAILURE.code,
  ...PROXY_FAILURE_CODES,
  TOKEN_PROXY_FAILURE_CODE,
];

/** Returns whether an outcome says something about the receiver. */
export const concernsReceiver = (outcome: SentOutcome): boolean =>
  outcome.kind === 'response' || !CODES_BEFORE_RECEIVER.includes(outcome.code);

/** Returns whether the response has a 2xx status. A body that fails later does not matter. */
export function isSuccess(outcome: SentOutcome): boolean {
  return outcome.kind === 'response' && isSuccessStatus(outcome.status);
}

export const isSuccessStatus = (status: number): boolean => status >= 200 && status < 300;
