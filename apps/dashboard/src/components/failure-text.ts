import { knownText, t } from '../i18n/t.js';

/** The names of the failures of requests that got no response, by their code. */
const NAMES: Record<string, string> = {
  timeout: t('timeout'),
  dns_error: t('DNS error'),
  connection_refused: t('connection refused'),
  connection_reset: t('connection reset'),
  tls_error: t('TLS error'),
  tls_client_certificate: t('client certificate not accepted'),
  tls_untrusted: t('untrusted certificate'),
  tls_expired: t('expired certificate'),
  network_error: t('network error'),
  invalid_response: t('invalid response'),
  blocked_address: t('blocked address'),
  invalid_url: t('invalid URL'),
  proxy_unreachable: t('proxy unreachable'),
  proxy_timeout: t('proxy timeout'),
  proxy_authentication_required: t('proxy authentication required'),
  proxy_rejected: t('rejected by the proxy'),
  proxy_failed: t('proxy failed'),
  internal_error: t('internal error'),
};

/** `connection refused` */
export const failureName = (code: string): string =>
  NAMES[code] ?? (code.startsWith('token_') ? t('no access token') : code.replaceAll('_', ' '));

/** What failures mean whose messages have values, by their code. */
const MEANINGS: Record<string, string> = {
  timeout: t('The request timed out'),
  dns_error: t('The host name of the receiver could not be resolved'),
  blocked_address: t('The receiver has no allowed address'),
  invalid_url: t('The URL of the webhook is not allowed'),
  token_endpoint_unreachable: t('The token endpoint could not be reached'),
  token_endpoint_timeout: t('The token endpoint did not respond in time'),
  token_endpoint_blocked: t('The token endpoint has no allowed address'),
  token_proxy_failed: t('The egress proxy failed to connect to the token endpoint'),
  token_endpoint_redirected: t('The token endpoint redirected the request, and redirects are not followed'),
  token_endpoint_failed: t('The token endpoint responded with an unexpected status'),
  token_client_rejected: t('The token endpoint rejected the client: check its id, secret and authentication'),
  token_request_rejected: t('The token endpoint rejected the request: check scopes and audience'),
  token_response_invalid: t('The response of the token endpoint has no valid bearer token'),
  proxy_unreachable: t('The egress proxy is unreachable'),
  proxy_timeout: t('The egress proxy did not respond in time'),
  proxy_authentication_required: t('The egress proxy requires other credentials'),
  proxy_rejected: t('The egress proxy does not allow the receiver'),
  proxy_failed: t('The egress proxy failed'),
};

/** Returns why a request got no response, in the language of the page. */
export const failureText = ({ code, message }: { code: string; message: string }): string =>
  knownText(message) ?? MEANINGS[code] ?? failureName(code);
