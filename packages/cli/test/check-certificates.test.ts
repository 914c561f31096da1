import { expect, it } from '@jest/globals';
import { checkCertificates } from '../src/doctor/check-certificates.js';

it('warns about certificates that have expired or expire soon', () => {
  expect(checkCertificates({ certificates: 3, expired: 1, expiring: 2 })).toMatchObject({
    level: 'warning',
    message: 'Expired: 1, expire within 30 days: 2',
  });
  expect(checkCertificates({ certificates: 3, expired: 0, expiring: 0 })).toMatchObject({ level: 'ok' });
  expect(checkCertificates({ certificates: 0, expired: 0, expiring: 0 }).message).toBe('None in use');
});
