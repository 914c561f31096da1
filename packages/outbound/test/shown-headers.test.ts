import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { shownHeaders } from '../src/shown-headers.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo';

describe('the shown headers of a response', () => {
  it('are those that say why it failed', () => {
    const raw = ['Content-Type', 'text/html', 'CF-Ray', '8f1-FRA', 'X-Request-Id', 'r 1', 'Retry-After', '5'];
    expect(shownHeaders(raw)).toEqual({
      'content-type': 'text/html',
      'cf-ray': '8f1-FRA',
      'x-request-id': 'r 1',
      'retry-after': '5',
    });
  });

  it.each([
    ['Set-Cookie', 'session=abc; HttpOnly'],
    ['Authorization', 'whatever'],
    ['Proxy-Authorization', 'whatever'],
    ['Proxy-Status', 'cache; error=http_request_denied'],
    ['Authentication-Info', 'nextnonce="abc"'],
    ['X-Api-Key', 'abc'],
    ['X-Amz-Security-Token', 'abc'],
    ['X-CSRF-Token', 'abc'],
    ['Webhook-Signature', 'v1,abc'],
    ['X-Echo', 'Bearer abc'],
    ['X-Echo', 'seen: basic YTpi'],
    ['X-Echo', JWT],
    ['X-Echo', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['X-Echo', `${'x'.repeat(180)} ${JWT}`],
  ])('have the name but not the value of %s: %s', (name, value) => {
    expect(shownHeaders([name, value])).toEqual({ [name.toLowerCase()]: '[redacted]' });
  });

  it.each([
    ['WWW-Authenticate', 'Digest realm="a", nonce="abc"', 'Digest [redacted]'],
    ['WWW-Authenticate', 'Negotiate', 'Negotiate'],
    ['Location', '/login?token=abc', '/login?[redacted]'],
    ['Location', 'https://me:pw@example.com/a#token', 'https://[redacted]@example.com/a#[redacted]'],
    ['Location', '/login;jsessionid=5A2F?from=b', '/login;[redacted]?[redacted]'],
    ['X-Redirect', '/login?token=abc', '/login?[redacted]'],
    [
      'X-Upstream',
      `${'x'.repeat(175)} http://me:${'pw'.repeat(20)}@a`,
      `${'x'.repeat(175)} http://[redacted]@a`,
    ],
    ['Link', '<https://a.example/?t=1>; rel="next"', '<https://a.example/?[redacted]>; rel="next"'],
    ['X-Upstream', 'http://10.0.0.1/hook?t=1', 'http://10.0.0.1/hook?[redacted]'],
  ])('have only the harmless part of %s: %s', (name, value, shown) => {
    expect(shownHeaders([name, value])).toEqual({ [name.toLowerCase()]: shown });
  });

  it('leave out the end of a long value and of many headers', () => {
    const many = Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'v'.repeat(500)]).flat();
    const shown = shownHeaders(many);
    expect(Object.keys(shown)).toEqual(['x-0', 'x-1', 'x-2', 'x-3']);
    expect(shown['x-0']).toBe(`${'v'.repeat(200)}…`);
  });

  it('have a name that an object has already', () => {
    expect(JSON.stringify(shownHeaders(['__proto__', 'a', 'constructor', 'b']))).toBe(
      '{"__proto__":"a","constructor":"b"}',
    );
  });

  it('can be stored, whatever the receiver sends', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 2000 }), { maxLength: 60 }), (raw) => {
        const text = JSON.stringify(shownHeaders(raw));
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
        expect(text).not.toMatch(/\\u00[01]|\p{Cc}/u);
        expect(JSON.parse(text)).toEqual(shownHeaders(raw));
      }),
    );
  });
});
