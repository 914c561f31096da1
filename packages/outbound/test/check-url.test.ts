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
    ['https://134744072/', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700:0::1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('takes %j as %j', (given, url) => expect(checkUrl(given, STRICT)).toEqual({ ok: true, url }));

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
  ])('refuses %j as invalid', (url) => {
    const check = checkUrl(url, STRICT);
    // `https://1.2.3/…` is a short form of 1.2.0.3, and public: the one of these that is fine.
    if (url.startsWith('https://1.2.3/')) expect(check.ok).toBe(true);
    else expect(check).toMatchObject({ ok: false, code: 'invalid_url' });
  });

  it('says which ports are allowed', () => {
    const check = checkUrl('http://example.com:81/', parseOutboundRules({ http: true }));
    expect(check).toMatchObject({ message: 'Port 81 is not allowed, only 443, 80, 8443' });
  });

  it('takes no port 0, even where any port goes', () => {
    expect(checkUrl('http://example.com:0/', OPEN)).toMatchObject({ code: 'invalid_url' });
  });

  it.each(BLOCKED_HOSTS())('blocks http://%s/', (host) => {
    expect(checkUrl(`http://${host}/`, OPEN)).toMatchObject({ ok: false, code: 'blocked_address' });
  });

  it('finds behind user@ the host that counts', () => {
    expect(checkUrl('http://example.com@127.0.0.1/', OPEN)).toMatchObject({ ok: false });
    expect(checkUrl('http://127.0.0.1@example.com/', OPEN)).toMatchObject({ code: 'invalid_url' });
    expect(checkUrl('http://127.0.0.1\\@example.com/', OPEN)).toMatchObject({ code: 'blocked_address' });
  });

  it('takes what an exception covers', () => {
    const local = parseOutboundRules({ allow: ['127.0.0.0/8'], http: true, ports: '*' });
    for (const host of ['localhost', 'localhost.', 'a.localhost', '127.1', '0x7f.1', '[::ffff:7f00:1]']) {
      expect(checkUrl(`http://${host}:3000/`, local)).toMatchObject({ ok: true });
    }
    expect(checkUrl('http://[::1]:3000/', local)).toMatchObject({ code: 'blocked_address' });
  });
});

/** Every way known to write an address that is not public. */
function BLOCKED_HOSTS(): string[] {
  return [
    // 127.0.0.1
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.0.0.1.',
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0x7F.0.0.1',
    '0x7f.1',
    '0177.0.0.1',
    '0177.0.0.01',
    '0177.1',
    '00000177.0x0.0.1',
    '127.0.0.1%2e',
    '%31%32%37.0.0.1',
    '127。0。0。1',
    '127.0.0.1',
    '①②⑦.⓪.⓪.①',
    '127.1',
    '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
    '127.255.255.254',
    '127.0.0.1:8080',
    // the other networks of IPv4
    '0',
    '0.0.0.0',
    '0x0',
    '10.0.0.1',
    '10.1',
    '012.0.0.1',
    '0xa000001',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '169.254.169.254',
    '2852039166',
    '0xA9FEA9FE',
    '0251.0376.0251.0376',
    '169.254.43518',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.168.0.1',
    '192.168.257',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '4294967295',
    // IPv6
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::1]:8080',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:8.8.8.8]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[2001:db8::1]',
    '[2002:7f00:1::]',
    '[3fff::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[ff02::1]',
    // names that mean the same everywhere
    'localhost',
    'LOCALHOST',
    'localhost.',
    'hook.localhost',
    'localhoſt',
  ];
}
