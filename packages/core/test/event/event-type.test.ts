import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  EVENT_TYPE,
  EVENT_TYPE_PATTERN,
  matchesPattern,
  patternsMatching,
  RESERVED_EVENT_TYPE,
} from '../../src/index.js';

// Few, short segments, so that generated types and patterns often match.
const segment = fc.constantFrom('a', 'b', 'ab', 'a-b', '_', 'posthorn', 'audit');
const type = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'));
const pattern = fc.oneof(
  type,
  type.map((prefix) => `${prefix}.*`),
  fc.constant('*'),
);

describe('a subscription pattern', () => {
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
    ['posthorn.audit.session.created', '*', false],
    ['posthorn.audit.session.created', 'posthorn.*', false],
    ['posthorn.audit.session.created', 'posthorn.audit.*', true],
    ['posthorn.audit.session.created', 'posthorn.audit.session.*', true],
    ['posthorn.audit.session.created', 'posthorn.audit.session.created', true],
    ['posthorn.audits.created', 'posthorn.*', true],
  ])('event type %s, pattern %s: %s', (eventType, subscribed, matches) => {
    expect(matchesPattern(eventType, subscribed)).toBe(matches);
  });

  it('matches a type if and only if patternsMatching returns it', () => {
    fc.assert(
      fc.property(type, pattern, (eventType, subscribed) => {
        expect(matchesPattern(eventType, subscribed)).toBe(patternsMatching(eventType).includes(subscribed));
      }),
      { numRuns: 2000 },
    );
  });

  it('is returned once and is valid', () => {
    fc.assert(
      fc.property(type, (eventType) => {
        const patterns = patternsMatching(eventType);
        expect(new Set(patterns).size).toBe(patterns.length);
        for (const each of patterns) expect(each).toMatch(EVENT_TYPE_PATTERN);
      }),
    );
  });
});

describe('event type syntax', () => {
  it.each(['a', 'invoice.paid', 'A-1_b.c'])('%j is an event type and a pattern', (text) => {
    expect(text).toMatch(EVENT_TYPE);
    expect(text).toMatch(EVENT_TYPE_PATTERN);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\n', 'ä', 'a.*.b', '*.a', 'a*', '**', 'a\0'])(
    '%j is neither an event type nor a pattern',
    (text) => {
      expect(text).not.toMatch(EVENT_TYPE);
      expect(text).not.toMatch(EVENT_TYPE_PATTERN);
    },
  );

  it.each(['*', 'a.*', 'a.b.*'])('%j is a pattern but not an event type', (text) => {
    expect(text).not.toMatch(EVENT_TYPE);
    expect(text).toMatch(EVENT_TYPE_PATTERN);
  });

  it('reserves the types that Posthorn sends', () => {
    for (const reserved of ['webhook.validation', 'posthorn', 'posthorn.webhook.suspended']) {
      expect(reserved).toMatch(RESERVED_EVENT_TYPE);
    }
    for (const free of ['webhook.created', 'posthorns.a', 'a.posthorn', 'webhook.validation.a']) {
      expect(free).not.toMatch(RESERVED_EVENT_TYPE);
    }
  });
});
