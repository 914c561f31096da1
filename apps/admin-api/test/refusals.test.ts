import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { sendTogether } from '../src/http/refusals.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('sends refusals together, after a moment', () => {
  const sent: string[] = [];
  sendTogether(() => sent.push('first'));
  jest.advanceTimersByTime(20);
  sendTogether(() => sent.push('second'));
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(10);
  expect(sent).toEqual(['first', 'second']);
});

it('collects again after it has sent', () => {
  const sent: string[] = [];
  for (const name of ['first', 'second']) {
    sendTogether(() => sent.push(name));
    jest.advanceTimersByTime(30);
  }
  expect(sent).toEqual(['first', 'second']);
});
