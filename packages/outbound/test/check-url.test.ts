import { describe, expect, it } from '@jest/globals';
import { checkUrl, parseOutboundRules } from '../src/index.js';

const STRICT = parseOutboundRules();
const OPEN = parseOutboundRules({ http: true, ports: '*' });

describe('checkUrl', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['https://EXAMPLE.com:443/Hook?a=b#c', 'https://example.com/Hook?a=b'],
    [' https://example.com/\n', 'https://example.com/'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['https://8.8.8.8:443', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700:0::1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('normalizes %j to %j', (text, url) => expect(checkUrl(text, STRICT)).toEqual({ ok: true, url }));

  it.each([
    '',
    'example.com',
    '/hook',
    'https://',
    'https://.',
    'https://a b/',
    'https://exa%00mple.com/',
    'https://1.2.3/4.5.6.7.8/',
    'https://256.256.256.256/',
    'https://[::1',
    'https://[fe80::1%25eth0]/',
    'https://[fe80::1%eth0]/',
    'http://example.com/',
    'http://example.com:443/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'unix:/var/run/docker.sock',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://:password@example.com/',
    'https://example.com:80/',
    'https://example.com:8443/',
    'https://example.com:0/',
    'https://example.com:65536/',
  ])('rejects %j as invalid', (url) =>
    expect(checkUrl(url, STRICT)).toMatchObject({ ok: false, code: 'invalid_url' }),
  );

  it.each([
    '010.0.0.1',
    '8.8.2056',
    '0x08080808',
    '134744072',
    '８.8.8.8',
    '8.8.8.8.',
    '%38.8.8.8',
    '@8.8.8.8',
  ])('rejects %s, which is not how an address is written', (host) =>
    expect(checkUrl(`https://${host}/`, STRICT)).toMatchObject({
      ok: false,
      code: 'invalid_url',
      problem: { code: 'url_ipv4_form' },
    }),
  );

  it('lists the allowed ports', () => {
    const check = checkUrl('http://example.com:81/', parseOutboundRules({ http: true }));
    expect(check).toMatchObject({
      problem: { message: 'Port 81 is not allowed. Allowed ports: 443, 80, 8443' },
    });
  });

  it('rejects port 0 even if any port is allowed', () => {
    expect(checkUrl('http://example.com:0/', OPEN)).toMatchObject({ code: 'invalid_url' });
  });

  it('checks the host after user@', () => {
    expect(checkUrl('http://example.com@127.0.0.1/', OPEN)).toMatchObject({ ok: false });
    expect(checkUrl('http://127.0.0.1@example.com/', OPEN)).toMatchObject({ code: 'invalid_url' });
    expect(checkUrl('http://127.0.0.1\\@example.com/', OPEN)).toMatchObject({ code: 'blocked_address' });
  });

  it('allows destinations covered by an exception', () => {
    const local = parseOutboundRules({ allow: ['127.0.0.0/8'], http: true, ports: '*' });
    for (const host of ['localhost', 'localhost.', 'a.localhost', '127.0.0.1', '[::ffff:7f00:1]']) {
      expect(checkUrl(`http://${host}:3000/`, local)).toMatchObject({ ok: true });
    }
    expect(checkUrl('http://[::1]:3000/', local)).toMatchObject({ code: 'blocked_address' });
  });
});
