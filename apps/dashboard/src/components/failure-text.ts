import { knownText, t } from '../i18n/t.js';

/** The names of the failures of requests that got no response, by their code. */
const NAMES: Record<string, string> = {
  timeout: t('timeout'),
  dns_error: t('DNS error'),
  connection_refused: t('connection refused'),
  connection_reset: t('connection reset'),
  tls_error: t('TLS error'),
  network_error: t('network error'),
  invalid_response: t('invalid response'),
  blocked_address: t('blocked address'),
  invalid_url: t('invalid URL'),
  internal_error: t('internal error'),
};

/** `connection refused` */
export const failureName = (code: string): string => NAMES[code] ?? code.replaceAll('_', ' ');

/** What failures mean whose messages have values, by their code. */
const MEANINGS: Record<string, string> = {
  timeout: t('The request timed out'),
  dns_error: t('The host name of the receiver could not be resolved'),
  blocked_address: t('The receiver has no allowed address'),
  invalid_url: t('The URL of the webhook is not allowed'),
};

/** Returns why a request got no response, in the language of the page. */
export const failureText = ({ code, message }: { code: string; message: string }): string =>
  knownText(message) ?? MEANINGS[code] ?? failureName(code);
