import { describe, expect, it } from '@jest/globals';
import { PUSH_SETTINGS } from '@posthorn/contract';
import * as fc from 'fast-check';
import { ApiProblem } from '../src/problems/problem.js';
import { GENERAL_SETTINGS } from '../src/pages/webhooks/column-settings.js';
import { formatDelay, parseDelay } from '../src/settings/retry-delay.js';
import { suggestPatterns } from '../src/pages/webhooks/form/suggest-patterns.js';
import { webhookFormErrors } from '../src/pages/webhooks/form/webhook-form-errors.js';
import {
  NO_AUTH,
  toRequestBody,
  toChanges,
  newWebhookValues,
} from '../src/pages/webhooks/form/webhook-form-values.js';
import {
  bodyChoiceOf,
  profilesOf,
  withBody,
  withProfiles,
} from '../src/pages/webhooks/format/format-choices.js';
import { isEd25519Json, withEd25519 } from '../src/pages/webhooks/format/ed25519-format.js';
import { validateWebhookForm } from '../src/pages/webhooks/form/validate-webhook-form.js';

const values = { ...newWebhookValues(), url: ' https://example.com/hooks ', eventTypes: ['invoice.*'] };

describe('retry delays', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800 }), (seconds) => {
        expect(parseDelay(formatDelay(seconds))).toBe(seconds);
      }),
    );
  });

  it('are formatted in the largest exact unit', () => {
    expect([5, 90, 300, 36_000, 86_400].map(formatDelay)).toEqual(['5s', '90s', '5m', '10h', '1d']);
  });

  it('are parsed with an optional unit', () => {
    expect(parseDelay('90')).toBe(90);
    expect(parseDelay('2 H')).toBe(7200);
    for (const text of ['', 'soon', '-5s', '1.5h', '5 weeks']) expect(parseDelay(text)).toBeNull();
  });
});

describe('webhook form', () => {
  it('starts with the defaults and sends them as numbers', () => {
    expect(toRequestBody(values)).toMatchObject({
      url: 'https://example.com/hooks',
      description: null,
      headers: {},
      filter: null,
      retrySchedule: [5, 300, 1800, 7200, 18_000, 36_000, 36_000],
      rateLimit: null,
      ordering: 'none',
      onExhausted: 'skip',
      maxBlockedMinutes: 4320,
      sequence: false,
    });
  });

  it('sends the fields of the type of authentication, and none if the current one is kept', () => {
    const auth = { ...NO_AUTH, username: 'a', password: 'b', scopes: ' one  two ', clientId: 'c ' };
    const sent = (type: (typeof NO_AUTH)['type']) =>
      toRequestBody({ ...values, auth: { ...auth, type } }).auth;
    expect(sent('none')).toBeNull();
    expect(sent('basic')).toEqual({ type: 'basic', username: 'a', password: 'b' });
    expect(sent('oauth2')).toMatchObject({ clientId: 'c', scopes: ['one', 'two'], audience: null });
    expect(toRequestBody({ ...values, auth: null })).not.toHaveProperty('auth');
  });

  it('sends no settings of requests for a webhook that is read with its feed, nor checks them', () => {
    const pull = { ...values, delivery: 'pull' as const, url: '', retrySchedule: ['soon'] };
    expect(validateWebhookForm(pull)).toEqual({});
    expect(Object.keys(toRequestBody(pull)).toSorted()).toEqual(
      ['delivery', 'deliveryFormat', 'eventTypes', 'filter', ...GENERAL_SETTINGS].toSorted(),
    );
    expect(GENERAL_SETTINGS).toEqual(
      expect.arrayContaining(['description', 'externalId', 'metadata', 'tags']),
    );
    for (const name of PUSH_SETTINGS) expect(GENERAL_SETTINGS).not.toContain(name);
    expect(toChanges(pull, values)).toEqual({ delivery: 'pull' });
    expect(toChanges(values, pull)).toMatchObject({ delivery: 'push', url: 'https://example.com/hooks' });
  });

  it('sends an empty number as null, which means the default', () => {
    expect(toRequestBody({ ...values, timeoutMs: '' }).timeoutMs).toBeNull();
  });

  it('sends only changed fields, and headers only if replaced', () => {
    const before = { ...values, headers: null };
    expect(toChanges(before, before)).toEqual({});
    const filter = '{"required": ["amount"]}';
    expect(toChanges({ ...before, filter, headers: [{ name: 'x-a', value: '1' }] }, before)).toEqual({
      filter: { required: ['amount'] },
      headers: { 'x-a': '1' },
    });
  });

  it('sends a changed order, and resets an empty longest block to its default', () => {
    const ordered = { ...values, ordering: 'byKey', onExhausted: 'block', maxBlockedMinutes: '' } as const;
    expect(toChanges(ordered, values)).toEqual({
      ordering: 'byKey',
      onExhausted: 'block',
      maxBlockedMinutes: null,
    });
  });

  it('shows an error of the order at its field', () => {
    const problem = new ApiProblem({
      title: 'no',
      status: 422,
      code: 'invalid_input',
      errors: [{ path: 'maxBlockedMinutes', message: 'must be at most 43200' }],
    });
    expect(webhookFormErrors(problem, values)).toEqual({
      fields: { maxBlockedMinutes: 'must be at most 43200' },
      rest: [],
    });
  });

  it('validates required and malformed fields', () => {
    expect(validateWebhookForm(values)).toEqual({});
    const errors = validateWebhookForm({
      ...values,
      url: '',
      eventTypes: [],
      filter: '[]',
      retrySchedule: ['5s', 'soon'],
      rateLimit: { limit: 5, perSeconds: '' },
      headers: [
        { name: 'x-a', value: '1' },
        { name: 'X-A', value: '2' },
      ],
    });
    expect(Object.keys(errors)).toEqual([
      'url',
      'eventTypes',
      'headers.1.name',
      'filter',
      'retrySchedule',
      'rateLimit.perSeconds',
    ]);
  });

  it('rejects numbers that would be changed', () => {
    const errors = validateWebhookForm({
      ...values,
      filter: '{"const":9007199254740993}',
      metadata: '{"n":1.10}',
    });
    expect(errors).toEqual({ filter: expect.stringContaining('9007199254740993 is too large') });
  });

  it('maps API errors to list entries and header rows', () => {
    const problem = new ApiProblem({
      title: 'no',
      status: 422,
      code: 'invalid_input',
      errors: [
        { path: 'eventTypes[1]', message: 'must be an event type' },
        { path: 'headers.host', message: 'is a reserved header' },
        { path: 'tenantId', message: 'is not known' },
      ],
    });
    const headers = [
      { name: 'x-a', value: '' },
      { name: 'host', value: '' },
    ];
    expect(webhookFormErrors(problem, { ...values, eventTypes: ['a', 'b c'], headers })).toEqual({
      fields: {
        eventTypes: '“b c” must be an event type',
        'headers.1.name': 'is a reserved header',
      },
      rest: ['tenantId: is not known'],
    });
  });
});

describe('suggestPatterns', () => {
  it('suggests prefixes that several types share', () => {
    const patterns = suggestPatterns(['invoice.paid', 'invoice.line.added', 'invoice.line.removed', 'ping']);
    expect(patterns.map(({ pattern }) => pattern)).toEqual([
      '*',
      'invoice.*',
      'invoice.line.*',
      'posthorn.*',
    ]);
  });
});

describe('the choices of a delivery format', () => {
  const custom = { profile: 'svix', headerPrefix: 'x-' } as const;

  it('change its body', () => {
    expect(bodyChoiceOf({})).toBe('envelope');
    const data = withBody({ body: 'cloudevents', source: '/a', signatures: ['stripe'] }, 'data');
    expect(data).toEqual({ body: 'data', signatures: ['stripe'] });
    expect(withBody({ body: 'cloudevents', source: '/a' }, 'cloudevents-binary')).toEqual({
      body: 'cloudevents-binary',
      source: '/a',
    });
    expect(bodyChoiceOf(withBody(data, 'template'))).toBe('template');
  });

  it('change its profiles, and keep signatures with settings', () => {
    expect(profilesOf({})).toEqual(['standard-webhooks']);
    expect(profilesOf({ signatures: ['github', custom] })).toEqual(['github']);
    expect(withProfiles({ signatures: ['github', custom] }, ['stripe'])).toEqual({
      signatures: ['stripe', custom],
    });
    expect(withProfiles({ body: 'data', signatures: ['github'] }, [])).toEqual({ body: 'data' });
  });

  it('are sent as JSON, and null without one', () => {
    const deliveryFormat = '{"body": "data"}';
    expect(toRequestBody({ ...values, deliveryFormat }).deliveryFormat).toEqual({ body: 'data' });
    expect(toRequestBody(values).deliveryFormat).toBeNull();
    expect(validateWebhookForm({ ...values, deliveryFormat: '[' })).toHaveProperty('deliveryFormat');
  });
});

describe('a format with only Ed25519 signatures', () => {
  const custom = { algorithm: 'ed25519', encoding: 'hex', content: '{body}', header: 'x-signature' };

  it.each([
    [{ signatures: [{ profile: 'svix', algorithm: 'ed25519' }, { custom }] }, true],
    [{ signatures: [{ custom: { ...custom, algorithm: 'hmac-sha256' } }] }, false],
    [{ signatures: ['stripe', { profile: 'svix', algorithm: 'ed25519' }] }, false],
    [{ signatures: [] }, false],
    [{ signatures: [1, null] }, false],
    [{ signatures: { custom: null } }, false],
    [{}, false],
  ])('is recognized: %j', (format, isEd25519) => {
    expect(isEd25519Json(JSON.stringify(format))).toBe(isEd25519);
  });

  it('is not recognized in invalid JSON, which is replaced', () => {
    expect(isEd25519Json('{')).toBe(false);
    expect(isEd25519Json(withEd25519('{', true))).toBe(true);
  });

  it('keeps the other settings', () => {
    const json = withEd25519('{ "body": "data" }', true);
    expect(isEd25519Json(json)).toBe(true);
    expect(JSON.parse(withEd25519(json, false))).toEqual({ body: 'data' });
    expect(withEd25519(withEd25519('', true), false)).toBe('');
  });
});
