/** Why a request brought no HTTP status at all. Stable, part of the API. */
export type FailureCode =
  | 'timeout'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls_error'
  | 'network_error'
  | 'invalid_response'
  | 'blocked_address'
  | 'invalid_url';

/** What came of one request to a receiver. Everything a receiver can do is a value, never an exception. */
export type Outcome =
  | {
      kind: 'response';
      status: number;
      /** The first 1 KB of the body, as text. */
      body: string;
      retryAfter: string | null;
      durationMs: number;
    }
  | { kind: 'failure'; code: FailureCode; message: string; durationMs: number }
  /** The permission to start ran out before the request did; nothing was sent. */
  | { kind: 'not_started' };

export type SentOutcome = Exclude<Outcome, { kind: 'not_started' }>;

/** A 2xx status line is success, whatever follows it. */
export function isSuccess(outcome: SentOutcome): boolean {
  return outcome.kind === 'response' && outcome.status >= 200 && outcome.status < 300;
}
