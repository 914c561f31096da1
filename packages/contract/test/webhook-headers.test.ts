import { describe, expect, it } from '@jest/globals';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as fc from 'fast-check';
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
