import { describe, expect, it } from '@jest/globals';
import { classifyTlsError } from '../src/tls-error.js';

const classify = (code: string) => classifyTlsError(Object.assign(new Error(code), { code }));

describe('an error of a TLS handshake', () => {
  it.each(['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED'])(
    '%s, as versions of OpenSSL name it, is classified',
    (code) => {
      expect(classify(code)).toMatchObject({
        code: 'tls_client_certificate',
        message: 'The receiver rejected the client certificate: it has been revoked',
      });
    },
  );

  it('of an authority without its root certificate is one of trust', () => {
    expect(classify('UNABLE_TO_GET_ISSUER_CERT')).toMatchObject({ code: 'tls_untrusted' });
  });

  it('that is unknown is named', () => {
    expect(classify('ERR_SSL_NEW')).toMatchObject({
      code: 'tls_error',
      message: 'The TLS handshake with the receiver failed (ERR_SSL_NEW)',
    });
  });
});
