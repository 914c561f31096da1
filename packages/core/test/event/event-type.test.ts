import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  EVENT_TYPE,
  EVENT_TYPE_PATTERN,
  matchesPattern,
  patternsMatching,
  RESERVED_EVENT_TYPE,
} from '../../src/index.js';

// Few and short segments, so that types and patterns meet often.
const segment = fc.constantFrom('a', 'b', 'ab', 'a-b', '_', 'posthorn');
const type = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'));
const pattern = fc.oneof(
  type,
  type.map((prefix) => `${prefix}.*`),
  fc.constant('*'),
);

describe('a pattern', () => {
  it.each([
    ['invoice.paid', 'invoice.paid', true],
    ['invoice.paid', 'invoice.*', true],
    ['invoice.paid.late', 'invoice.*', true],
    ['invoice.paid', '*', true],
    ['invoice', 'invoice.*', false],
    ['invoices.paid', 'invoice.*', false],
    ['invoice.paid.late', 'invoice.paid', false],
    ['invoice.paid', 'Invoice.paid', false],
    ['posthorn.webhook.suspended', '*', false],
    ['posthorn', '*', false],
    ['posthorns.webhook', '*', true],
    ['a.posthorn.b', '*', true],
    ['posthorn.webhook.suspended', 'posthorn.*', true],
    ['posthorn.webhook.suspended', 'posthorn.webhook.*', true],
    ['posthorn.webhook.suspended', 'posthorn.delivery.*', false],
    ['posthorn.webhook.suspended', 'posthorn.webhook.suspended', true],
  ])('an event of type %s and a subscription to %s: %s', (eventType, subscribed, matches) => {
    expect(matchesPattern(eventType, subscribed)).toBe(matches);
  });

  it('matches a type exactly if it is one of the patterns that the type is looked up by', () => {
    fc.assert(
      fc.property(type, pattern, (eventType, subscribed) => {
        expect(matchesPattern(eventType, subscribed)).toBe(patternsMatching(eventType).includes(subscribed));
      }),
      { numRuns: 2000 },
    );
  });

  it('is a valid pattern, each once', () => {
    fc.assert(
      fc.property(type, (eventType) => {
        const patterns = patternsMatching(eventType);
        expect(new Set(patterns).size).toBe(patterns.length);
        for (const one of patterns) expect(one).toMatch(EVENT_TYPE_PATTERN);
      }),
    );
  });
});

describe('the form of an event type', () => {
  it.each(['a', 'invoice.paid', 'A-1_b.c'])('%j may be published and subscribed to', (text) => {
    expect(text).toMatch(EVENT_TYPE);
    expect(text).toMatch(EVENT_TYPE_PATTERN);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\n', 'ä', 'a.*.b', '*.a', 'a*', '**', 'a\0'])(
    '%j is neither a type nor a pattern',
    (text) => {
      expect(text).not.toMatch(EVENT_TYPE);
      expect(text).not.toMatch(EVENT_TYPE_PATTERN);
    },
  );

  it.each(['*', 'a.*', 'a.b.*'])('%j is a pattern and no type', (text) => {
    expect(text).not.toMatch(EVENT_TYPE);
    expect(text).toMatch(EVENT_TYPE_PATTERN);
  });

  it('keeps for Posthorn what it sends itself', () => {
    for (const reserved of ['webhook.validation', 'posthorn', 'posthorn.webhook.suspended']) {
      expect(reserved).toMatch(RESERVED_EVENT_TYPE);
    }
    for (const free of ['webhook.created', 'posthorns.a', 'a.posthorn', 'webhook.validation.a']) {
      expect(free).not.toMatch(RESERVED_EVENT_TYPE);
    }
  });
});
