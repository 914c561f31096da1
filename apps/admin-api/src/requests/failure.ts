import { type FailureCode, INTERNAL_FAILURE, type SentOutcome, TOKEN_FAILURES } from '@posthorn/core';

/** Why a request got no response. */
export interface Failure {
  code: string;
  message: string;
}

/** What a caller may see of a failure. Messages and headers name the host or address of the webhook. */
export interface FailureView {
  seesDetails: boolean;
}

const TITLES: Record<FailureCode, string> = {
  timeout: 'Timed out',
  dns_error: 'The host name of the receiver could not be resolved',
  connection_refused: 'Connection refused',
  connection_reset: 'The connection was closed before a response',
  tls_error: 'The TLS handshake failed',
  tls_client_certificate: 'The receiver did not accept the client certificate',
  tls_untrusted: 'The certificate of the receiver is not trusted',
  tls_expired: 'The certificate of the receiver has expired',
  network_error: 'The request failed',
  invalid_response: 'The response is not valid HTTP',
  blocked_address: 'The receiver has no allowed address',
  invalid_url: 'The URL is not allowed',
  ...TOKEN_FAILURES,
  proxy_unreachable: 'The egress proxy is unreachable',
  proxy_timeout: 'The egress proxy did not respond in time',
  proxy_authentication_required: 'The egress proxy requires other credentials',
  proxy_rejected: 'The egress proxy does not allow the receiver',
  proxy_failed: 'The egress proxy failed',
  internal_error: INTERNAL_FAILURE.message,
};

const TITLE_BY_CODE = new Map<string, string>(Object.entries(TITLES));

const titleOf = (code: string): string => TITLE_BY_CODE.get(code) ?? TITLES.network_error;

/** Serializes a failure: with its message, or only with the class of the failure. */
export function serializeFailure({ code, message }: Failure, { seesDetails }: FailureView): Failure {
  return { code, message: seesDetails ? message : titleOf(code) };
}

/** Serializes an outcome as the properties that attempts have in the API. */
export function serializeOutcome(outcome: SentOutcome, view: FailureView) {
  return outcome.kind === 'response'
    ? {
        responseStatus: outcome.status,
        responseBody: outcome.body,
        responseHeaders: view.seesDetails ? outcome.headers : null,
        error: null,
      }
    : {
        responseStatus: null,
        responseBody: null,
        responseHeaders: null,
        error: serializeFailure(outcome, view),
      };
}
