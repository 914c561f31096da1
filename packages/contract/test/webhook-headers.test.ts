import { describe, expect, it } from '@jest/globals';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as fc from 'fast-check';
import { headerFault } from '../src/index.js';

describe('a custom header', () => {
  it('that is taken is one that Node sends', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        if (headerFault(name, value) !== null) return;
        validateHeaderName(name);
        validateHeaderValue(name, value);
      }),
    );
  });

  it.each(['Authorization', 'x-api-version', 'User-Agent', 'cookie', 'accept'])('may be %s', (name) =>
    expect(headerFault(name, 'value')).toBeNull(),
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
    'webhook-id',
    'Webhook-Timestamp',
    'webhook-signature',
    '',
    'a b',
    'a:',
    'ä',
  ])('may not be %s', (name) => expect(headerFault(name, 'value')).not.toBeNull());

  it.each(['', 'a b', 'x'.repeat(1024)])('may say %j', (value) => expect(headerFault('x', value)).toBeNull());

  it.each(['ü', 'a\nb', 'a\r\nb: c', '\0', ' a', 'a ', '\t', 'x'.repeat(1025)])('may not say %j', (value) =>
    expect(headerFault('x', value)).not.toBeNull(),
  );
});
