import { expect, it } from '@jest/globals';
import { RepeatedWarnings } from '../src/repeated-warnings.js';

let nowMs = 0;
const open = () => new RepeatedWarnings(() => nowMs);

const warning = (fields: object = {}) => ({
  level: 'warn',
  message: 'redis',
  error: new Error('NOPERM'),
  ...fields,
});

const linesOf = (warnings: RepeatedWarnings, count: number, fields?: object) =>
  Array.from({ length: count }, () => warnings.limit(warning(fields))).filter(Boolean);

it('a warning about an error has one line per second, with the number of suppressed lines', () => {
  const warnings = open();
  expect(linesOf(warnings, 100)).toEqual([warning()]);
  nowMs += 1000;
  expect(linesOf(warnings, 1)).toEqual([warning({ suppressed: 99 })]);
  nowMs += 1000;
  expect(linesOf(warnings, 1)).toEqual([warning()]);
});

it('another message, task, lane, route or outbox is logged meanwhile', () => {
  const warnings = open();
  linesOf(warnings, 100, { task: 'promote' });
  expect(linesOf(warnings, 100, { task: 'reconcile' })).toHaveLength(1);
  expect(linesOf(warnings, 1, { message: 'other', task: 'promote' })).toHaveLength(1);
  expect(linesOf(warnings, 1, { task: 'promote', lane: 'fast' })).toHaveLength(1);
  expect(linesOf(warnings, 1, { task: 'promote', outbox: 'shop' })).toHaveLength(1);
  expect(linesOf(warnings, 1, { task: 'promote', route: '/v1/events' })).toHaveLength(1);
});

it('other lines are not limited', () => {
  const warnings = open();
  expect(linesOf(warnings, 100, { level: 'error' })).toHaveLength(100);
  expect(linesOf(warnings, 100, { error: undefined })).toHaveLength(100);
});
