// Keys and certificates that OpenSSL spends seconds on, or at which Node ends the process.
import { describe, expect, it } from '@jest/globals';
import { createAuthority } from '@posthorn/testkit';
import { HOSTILE_CERTIFICATES } from '@posthorn/testkit/hostile-certificates';
import { HOSTILE_KEYS, KEY_AT_INFINITY } from '@posthorn/testkit/hostile-keys';
import { useApi } from './use-api.js';

const api = useApi();
const authority = createAuthority();
const { cert, key } = authority.issue('posthorn.example');

/** Creates a webhook, and returns the status and where the errors are. The API must respond afterward. */
async function refusalOf(settings: Record<string, unknown>): Promise<[number, string[]]> {
  const body = { url: 'https://receiver.example/', eventTypes: ['*'], ...settings };
  const created = await api.admin.post('/v1/webhooks', body);
  expect((await api.admin.get('/v1/webhooks?limit=1')).status).toBe(200);
  return [created.status, created.body.errors.map(({ path }: { path: string }) => path)];
}

describe('a webhook with a hostile private key is refused', () => {
  it.each(Object.entries({ ...HOSTILE_KEYS, 'a public point at infinity': KEY_AT_INFINITY }))(
    '%s',
    async (name, privateKey) => {
      // Without its public point it is a key, but not that of the certificate.
      const field = privateKey === KEY_AT_INFINITY ? 'certificate' : 'privateKey';
      const clientCertificate = { certificate: cert, privateKey };
      expect([name, ...(await refusalOf({ clientCertificate }))]).toEqual([
        name,
        422,
        [`clientCertificate.${field}`],
      ]);
      expect(await refusalOf({ signingKey: { privateKey } })).toEqual([422, ['signingKey.privateKey']]);
    },
  );
});

describe('a webhook with a hostile certificate is refused', () => {
  it.each(Object.entries(HOSTILE_CERTIFICATES))('%s', async (_name, certificate) => {
    expect(await refusalOf({ caCertificates: certificate })).toEqual([422, ['caCertificates']]);
    const clientCertificate = { certificate: cert + certificate, privateKey: key };
    expect(await refusalOf({ clientCertificate })).toEqual([422, ['clientCertificate.certificate']]);
  });
});
