import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { hasNeverAllowed, isAllowedAddress, isSubnet } from '../src/index.js';

const PUBLIC = { allow: [] };

describe('isAllowedAddress', () => {
  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '198.20.0.1', '223.255.255.255'])(
    'allows %s',
    (address) => expect(isAllowedAddress(address, PUBLIC)).toBe(true),
  );

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '2001:200::1', '3ffe::1'])(
    'allows %s',
    (address) => expect(isAllowedAddress(address, PUBLIC)).toBe(true),
  );

  it.each([
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:808:808::1',
    '3fff::1',
    '3fff:fff:ffff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '4000::1',
  ])('blocks %s', (address) => expect(isAllowedAddress(address, PUBLIC)).toBe(false));

  it.each(['', 'localhost', '127.1', '0x7f000001', '8.8.8.8.', '8.8.8.8/32', '[::1]', '08.8.8.8'])(
    'takes %j for no address at all',
    (text) => expect(isAllowedAddress(text, { allow: ['0.0.0.0/0', '::/0'] })).toBe(false),
  );

  it('allows configured networks of both families', () => {
    const rules = { allow: ['10.1.0.0/16', 'fd00:1::/32'] };
    expect(isAllowedAddress('10.1.255.255', rules)).toBe(true);
    expect(isAllowedAddress('10.2.0.0', rules)).toBe(false);
    expect(isAllowedAddress('fd00:1:ffff::1', rules)).toBe(true);
    expect(isAllowedAddress('fd00:2::1', rules)).toBe(false);
  });

  it('applies exceptions for an IPv4 address to its IPv4-mapped form', () => {
    expect(isAllowedAddress('::ffff:127.0.0.1', { allow: ['127.0.0.0/8'] })).toBe(true);
    expect(isAllowedAddress('::ffff:127.0.0.1', { allow: ['::/0'] })).toBe(true);
    expect(isAllowedAddress('::ffff:10.0.0.1', { allow: ['127.0.0.0/8'] })).toBe(false);
  });

  it('agrees with a model of first and last IPv4 addresses', () => {
    fc.assert(
      fc.property(near(CLOSED_V4, 32), (number) => {
        const expected = !CLOSED_V4.some(([first, last]) => number >= first && number <= last);
        expect(isAllowedAddress(ipv4Text(number), PUBLIC)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with a model of first and last IPv6 addresses', () => {
    fc.assert(
      fc.property(near([...OPEN_V6, ...CLOSED_V6], 128), (number) => {
        const inside = ([first, last]: Range): boolean => number >= first && number <= last;
        const expected = OPEN_V6.some(inside) && !CLOSED_V6.some(inside);
        expect(isAllowedAddress(ipv6Text(number), PUBLIC)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with arithmetic for any allowed network', () => {
    const cidr = fc.tuple(fc.bigInt(0n, 2n ** 32n - 1n), fc.integer({ min: 0, max: 32 }));
    fc.assert(
      fc.property(
        cidr,
        near(CLOSED_V4, 32),
        fc.bigInt(0n, 2n ** 32n - 1n),
        ([base, bits], somewhere, low) => {
          const shift = BigInt(32 - bits);
          const inside = ((base >> shift) << shift) | (low & ((1n << shift) - 1n));
          const rules = { allow: [`${ipv4Text(base)}/${bits}`] };
          expect(isAllowedAddress(ipv4Text(inside), rules)).toBe(!isNeverAllowed(inside));
          const excepted = somewhere >> shift === base >> shift && !isNeverAllowed(somewhere);
          expect(isAllowedAddress(ipv4Text(somewhere), rules)).toBe(
            excepted || isAllowedAddress(ipv4Text(somewhere), PUBLIC),
          );
        },
      ),
    );
  });
});

const EVERYTHING = { allow: ['0.0.0.0/0', '::/0'] };

describe('metadata services and link-local addresses', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.23',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    'fe80::1',
    'fd00:42::42',
    'fd00:ec2::23',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:a9fe:a9fe::1',
    'fd00:100::100:200',
    '::ffff:169.254.169.254',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::6464:64c8',
    '2002:a9fe:a9fe::1',
  ])('%s is out of reach whatever is allowed', (address) => {
    expect(isAllowedAddress(address, EVERYTHING)).toBe(false);
    expect(isAllowedAddress(address, { allow: [`${address}/${address.includes(':') ? 128 : 32}`] })).toBe(
      false,
    );
  });

  it.each(['169.253.255.255', '100.100.100.201', 'fec0::1', 'fd00:ec2::253', '64:ff9b::10.0.0.1', '::1'])(
    '%s can be allowed',
    (address) => {
      expect(isAllowedAddress(address, EVERYTHING)).toBe(true);
    },
  );

  it.each([
    ['169.254.0.0/16', true],
    ['169.254.169.254/32', true],
    ['0.0.0.0/0', true],
    ['100.64.0.0/10', true],
    ['fd00::/8', true],
    ['fe80::/64', true],
    ['10.0.0.0/8', false],
    ['::1/128', false],
  ])('are in %s: %s', (cidr, expected) => {
    expect(hasNeverAllowed(cidr)).toBe(expected);
  });
});

describe('isSubnet', () => {
  it.each([
    ['10.1.0.0/16', ['10.0.0.0/8'], true],
    ['10.0.0.0/8', ['10.0.0.0/8'], true],
    ['10.0.0.0/7', ['10.0.0.0/8'], false],
    ['11.0.0.0/16', ['10.0.0.0/8'], false],
    ['fd00:1::/32', ['10.0.0.0/8', 'fd00::/8'], true],
    ['fd00:1::/32', [], false],
  ])('%s within %j: %s', (cidr, outer, expected) => {
    expect(isSubnet(cidr, outer)).toBe(expected);
  });
});

type Range = [first: bigint, last: bigint];

const NEVER_V4: Range[] = [
  v4('169.254.0.0', '169.254.255.255'),
  v4('168.63.129.16', '168.63.129.16'),
  v4('100.100.100.200', '100.100.100.200'),
  v4('192.0.0.192', '192.0.0.192'),
];

const isNeverAllowed = (address: bigint): boolean =>
  NEVER_V4.some(([first, last]) => address >= first && address <= last);

const CLOSED_V4: Range[] = [
  v4('0.0.0.0', '0.255.255.255'),
  v4('10.0.0.0', '10.255.255.255'),
  v4('100.64.0.0', '100.127.255.255'),
  v4('127.0.0.0', '127.255.255.255'),
  v4('168.63.129.16', '168.63.129.16'),
  v4('169.254.0.0', '169.254.255.255'),
  v4('172.16.0.0', '172.31.255.255'),
  v4('192.0.0.0', '192.0.0.255'),
  v4('192.0.2.0', '192.0.2.255'),
  v4('192.88.99.0', '192.88.99.255'),
  v4('192.168.0.0', '192.168.255.255'),
  v4('198.18.0.0', '198.19.255.255'),
  v4('198.51.100.0', '198.51.100.255'),
  v4('203.0.113.0', '203.0.113.255'),
  v4('224.0.0.0', '255.255.255.255'),
];

const OPEN_V6: Range[] = [v6('2000', '3fff')];

const CLOSED_V6: Range[] = [
  v6('20010000', '200101ff'),
  v6('20010db8', '20010db8'),
  v6('2002', '2002'),
  v6('3fff0', '3fff0'),
];

/** Any address, often one next to the boundary of a range. */
function near(ranges: Range[], bits: number): fc.Arbitrary<bigint> {
  const max = 2n ** BigInt(bits) - 1n;
  const ends = ranges.flatMap(([first, last]) => [first - 1n, first, first + 1n, last - 1n, last, last + 1n]);
  const onEdge = fc.constantFrom(...ends.filter((end) => end >= 0n && end <= max));
  const inRange = fc.constantFrom(...ranges).chain(([first, last]) => fc.bigInt(first, last));
  return fc.oneof(onEdge, inRange, fc.bigInt(0n, max));
}

function v4(first: string, last: string): Range {
  return [ipv4Number(first), ipv4Number(last)];
}

/** Returns the ranges of hexadecimal prefixes, padded with 0 and with f. */
function v6(first: string, last: string): Range {
  return [BigInt(`0x${first.padEnd(32, '0')}`), BigInt(`0x${last.padEnd(32, 'f')}`)];
}

function ipv4Number(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv4Text(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
}

function ipv6Text(number: bigint): string {
  return (number.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':');
}
