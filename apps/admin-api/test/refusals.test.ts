import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { sendWithNext } from '../src/http/refusals.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('sends refusals together, after a moment', () => {
  const sent: string[] = [];
  sendWithNext(() => sent.push('first'));
  jest.advanceTimersByTime(20);
  sendWithNext(() => sent.push('second'));
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(10);
  expect(sent).toEqual(['first', 'second']);
});

it('collects again after it has sent', () => {
  const sent: string[] = [];
  for (const name of ['first', 'second']) {
    sendWithNext(() => sent.push(name));
    jest.advanceTimersByTime(30);
  }
  expect(sent).toEqual(['first', 'second']);
});
