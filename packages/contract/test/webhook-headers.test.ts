import { describe, expect, it } from '@jest/globals';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as fc from 'fast-check';
import { customHeaders, MAX_HEADERS } from '../src/webhooks/webhook-headers.js';
import { headerProblem } from '../src/index.js';

describe('a custom header', () => {
  it('can be sent by Node if it is accepted', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        if (headerProblem(name, value) !== null) return;
        validateHeaderName(name);
        validateHeaderValue(name, value);
      }),
    );
  });

  it.each(['Authorization', 'x-api-version', 'cookie', 'accept', 'x-forward'])(
    'accepts the name %s',
    (name) => expect(headerProblem(name, 'value')).toBeNull(),
  );

  it.each([
    'Host',
    'HOST',
    'connection',
    'content-length',
    'content-type',
    'transfer-encoding',
    'upgrade',
    'te',
    'trailer',
    'expect',
    'proxy-authorization',
    'User-Agent',
    'accept-encoding',
    'set-cookie',
    'X-Forwarded-For',
    'x-forwarded-anything',
    'x-real-ip',
    'Forwarded',
    'via',
    'webhook-id',
    'Webhook-Timestamp',
    'webhook-signature',
    '',
    'a b',
    'a:',
    'ä',
    '__proto__',
  ])('rejects the name %s', (name) => expect(headerProblem(name, 'value')).not.toBeNull());

  it.each(['', 'a b', 'x'.repeat(1024)])('accepts the value %j', (value) =>
    expect(headerProblem('x', value)).toBeNull(),
  );

  it.each(['ü', 'a\nb', 'a\r\nb: c', '\0', ' a', 'a ', '\t', 'x'.repeat(1025)])(
    'rejects the value %j',
    (value) => expect(headerProblem('x', value)).not.toBeNull(),
  );
});

const headers = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'a']));
const isValid = (value: unknown) => customHeaders.safeParse(value).success;

describe('custom headers', () => {
  it('are at most 20', () => {
    expect(isValid(headers(MAX_HEADERS))).toBe(true);
    expect(isValid(headers(MAX_HEADERS + 1))).toBe(false);
  });

  it('have different names, whatever their case', () => {
    expect(isValid({ 'x-a': '1', 'x-b': '1' })).toBe(true);
    expect(isValid({ 'x-a': '1', 'X-A': '2' })).toBe(false);
  });
});
