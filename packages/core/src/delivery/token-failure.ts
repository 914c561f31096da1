/** The codes of failures without an access token. A stable part of the API. */
export const TOKEN_FAILURE_CODES = [
  'token_endpoint_unreachable',
  'token_endpoint_timeout',
  'token_endpoint_blocked',
  'token_proxy_failed',
  'token_endpoint_redirected',
  'token_endpoint_failed',
  'token_client_rejected',
  'token_request_rejected',
  'token_response_invalid',
] as const;

export type TokenFailureCode = (typeof TOKEN_FAILURE_CODES)[number];

/** The code of a fault of the egress proxy. It says nothing about the token endpoint. */
export const TOKEN_PROXY_FAILURE_CODE = 'token_proxy_failed' satisfies TokenFailureCode;

/** Their messages. Texts of the token endpoint are never part of one. */
export const TOKEN_FAILURES: Record<TokenFailureCode, string> = {
  token_endpoint_unreachable: 'The token endpoint could not be reached',
  token_endpoint_timeout: 'The token endpoint did not respond in time',
  token_endpoint_blocked: 'The token endpoint has no allowed address',
  token_proxy_failed: 'The egress proxy failed to connect to the token endpoint',
  token_endpoint_redirected: 'The token endpoint redirected the request, and redirects are not followed',
  token_endpoint_failed: 'The token endpoint responded with an unexpected status',
  token_client_rejected: 'The token endpoint rejected the client: check its id, secret and authentication',
  token_request_rejected: 'The token endpoint rejected the request: check scopes and audience',
  token_response_invalid: 'The response of the token endpoint has no valid bearer token',
};

/**
 * Returns whether a delivery may be repeated with a new access token after a 401, outside its schedule: once for each scheduled attempt.
 * @param before the attempts before this one
 */
export const mayRenewToken = (before: { attemptCount: number; unscheduledAttempts: number }): boolean =>
  2 * before.unscheduledAttempts <= before.attemptCount;
