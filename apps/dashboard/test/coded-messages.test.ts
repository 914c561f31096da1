import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorCodesOf, OPERATION_IDS, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { FIELD_MESSAGES, fieldProblem, REASONS } from '@posthorn/core';
import { fieldMessage, PORTAL_TITLES, problemDetail, rejectionText } from '../src/problems/problem-texts.js';
import { FAILURE_TEXTS } from './failure-texts.js';

/** The most that a portal link may do. */
const SCOPES = new Set([
  'webhooks:read',
  'webhooks:write',
  'webhooks:operate',
  'events:read',
  'payloads:read',
  'deliveries:read',
  'deliveries:write',
  null,
]);

const routes = OPERATION_IDS.map((id): [string, RouteDefinition] => [id, ROUTES[id]]).filter(
  ([, { tenancy, scope, keyInBody }]) =>
    // The portal has no sign-in.
    keyInBody !== true &&
    tenancy !== 'all' &&
    [scope].flat().some((each) => [each].flat().every((one) => SCOPES.has(one))),
);

/** The languages have all titles, messages and reasons: languages.test.ts. */
it.each(routes)('%s returns only errors whose title is translated', (_id, route) => {
  expect(errorCodesOf(route).filter((code) => !Object.hasOwn(PORTAL_TITLES, code))).toEqual([]);
});

describe('in English', () => {
  it('the message of the API is shown', () => {
    expect(fieldMessage(fieldProblem('too_long', { max: 5 }))).toBe('must have at most 5 characters');
    expect(fieldMessage({ code: 'of_a_newer_version', params: {}, message: 'is odd' })).toBe('is odd');
  });

  it('the detail of the API is shown', () => {
    const detail = 'The limit of 5 addresses is reached. Remove one.';
    const reason = { code: 'recipient_limit', params: { max: 5 } };
    expect(problemDetail({ detail, reason, retryAfterSeconds: undefined })).toBe(detail);
  });

  it('the reason why one of several deliveries was rejected is shown', () => {
    const message = 'Not allowed while the webhook is suspended';
    const reason = { code: 'not_while_suspended', params: {} };
    expect(rejectionText({ code: 'invalid_state', message, reason })).toBe(message);
    expect(rejectionText({ code: 'not_found', message: 'No such delivery', reason: null })).not.toBe(message);
  });
});

it('no text names this product, except the event types of operators', () => {
  const { not_operational: _types, ...messages } = FIELD_MESSAGES;
  const texts = [...Object.values(messages), ...Object.values(REASONS)];
  expect(texts.filter((text) => /posthorn/i.test(text))).toEqual([]);
});

it('the messages of failed requests are those of the sender', () => {
  const folders = ['packages/outbound/src', 'packages/core/src/delivery'].map((folder) =>
    path.resolve(import.meta.dirname, '../../..', folder),
  );
  const code = folders
    .flatMap((folder) => readdirSync(folder).map((file) => path.join(folder, file)))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  expect(FAILURE_TEXTS.filter((text) => !code.includes(text))).toEqual([]);
});
