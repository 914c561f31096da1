/** Why a request received no HTTP status. A stable part of the API. */
export type FailureCode =
  | 'timeout'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls_error'
  | 'network_error'
  | 'invalid_response'
  | 'blocked_address'
  | 'invalid_url'
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

export const isInternalFailure = (outcome: SentOutcome): outcome is InternalFailure =>
  outcome.kind === 'failure' && outcome.code === 'internal_error';

/** Returns whether the response has a 2xx status. A body that fails later does not matter. */
export function isSuccess(outcome: SentOutcome): boolean {
  return outcome.kind === 'response' && isSuccessStatus(outcome.status);
}

export const isSuccessStatus = (status: number): boolean => status >= 200 && status < 300;
