import { describe, expect, it } from '@jest/globals';
import {
  concernsReceiver,
  createSealer,
  egressOf,
  parseProxyUrl,
  sealProxy,
  type SentOutcome,
  shownProxyUrl,
  tenantSealingContext,
  webhookSealingContext,
} from '../../src/index.js';

describe('parseProxyUrl', () => {
  it.each([
    ['http://proxy.example:8080', { protocol: 'http', host: 'proxy.example', port: 8080 }],
    ['http://proxy.example', { protocol: 'http', port: 3128 }],
    ['http://proxy.example:80/', { protocol: 'http', port: 80 }],
    ['https://proxy.example:443', { protocol: 'https', port: 443 }],
    ['socks5://10.0.0.1', { protocol: 'socks5', host: '10.0.0.1', port: 1080 }],
    ['http://[fd00::1]:3128', { host: 'fd00::1', port: 3128 }],
    ['http://a%40b:c%3Ad@proxy.example', { username: 'a@b', password: 'c:d' }],
    ['http://only-user@proxy.example', { username: 'only-user', password: '' }],
    ['socks5://a:b@proxy.example', { username: 'a', password: 'b' }],
  ])('parses %s', (url, expected) => {
    expect(parseProxyUrl(url, false)).toMatchObject({
      username: '',
      password: '',
      guards: false,
      ...expected,
    });
    expect(parseProxyUrl(url, true)).toMatchObject({ guards: true });
  });

  it.each([
    '',
    'proxy.example:3128',
    'ftp://proxy.example',
    'socks4://proxy.example',
    'socks5h://proxy.example',
    'http://proxy.example/path',
    'http://proxy.example?a',
    'http://proxy.example#a',
    'http://proxy.example:0',
    'http://p@ss/word@proxy.example',
    'http://:password@proxy.example',
    'http://a%3Ab:c@proxy.example',
    'socks5://user@proxy.example',
    `http://${'a'.repeat(256)}:b@proxy.example`,
  ])('rejects %s', (url) => {
    expect(parseProxyUrl(url, false)).toBeNull();
  });

  it.each(['http://proxy.example:80', 'socks5://proxy.example:1080', 'https://[fd00::1]:3128'])(
    'is the inverse of shownProxyUrl: %s',
    (url) => {
      const route = parseProxyUrl(url.replace('://', '://user:secret@'), false);
      expect(route && shownProxyUrl(route)).toBe(url);
    },
  );
});

describe('egressOf', () => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const stored = { id: 'w', tenantId: 't', proxySealed: null, tenantProxySealed: null, privateNetworks: [] };
  const route = parseProxyUrl('http://a:secret@proxy.example', false);
  const ofTenant = sealProxy(route, tenantSealingContext('t'), sealer);

  it('is undefined without settings', () => {
    expect(egressOf(stored, sealer)).toBeUndefined();
  });

  it('is that of the webhook, else that of the tenant', () => {
    const own = sealProxy('direct', webhookSealingContext('w'), sealer);
    expect(egressOf({ ...stored, tenantProxySealed: ofTenant }, sealer)?.proxy).toEqual(route);
    expect(egressOf({ ...stored, tenantProxySealed: ofTenant, proxySealed: own }, sealer)?.proxy).toBe(
      'direct',
    );
    expect(egressOf({ ...stored, privateNetworks: ['10.0.0.0/8'] }, sealer)).toEqual({
      key: expect.any(String),
      networks: ['10.0.0.0/8'],
    });
  });

  it('has the same key for the same route only, without the password', () => {
    const again = sealProxy(route, tenantSealingContext('t'), sealer);
    const keys = [
      { tenantProxySealed: ofTenant },
      { tenantProxySealed: again },
      { tenantProxySealed: ofTenant, privateNetworks: ['10.0.0.0/8'] },
    ].map((change) => egressOf({ ...stored, ...change }, sealer)?.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
    expect(keys.join()).not.toContain('secret');
  });

  it('does not open what was sealed for another tenant', () => {
    expect(() => egressOf({ ...stored, tenantId: 'other', tenantProxySealed: ofTenant }, sealer)).toThrow();
  });
});

describe('concernsReceiver', () => {
  it.each([
    [{ kind: 'failure', code: 'timeout', message: '', durationMs: 1 }, true],
    [{ kind: 'failure', code: 'internal_error', message: '', durationMs: 1 }, false],
    [{ kind: 'failure', code: 'proxy_unreachable', message: '', durationMs: 1 }, false],
    [{ kind: 'failure', code: 'proxy_rejected', message: '', durationMs: 1 }, false],
    [{ kind: 'failure', code: 'token_proxy_failed', message: '', durationMs: 1 }, false],
    [{ kind: 'failure', code: 'token_endpoint_failed', message: '', durationMs: 1 }, true],
  ] satisfies [SentOutcome, boolean][])('%j: %s', (outcome, expected) => {
    expect(concernsReceiver(outcome)).toBe(expected);
  });
});
