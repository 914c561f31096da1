import { describe, expect, it } from '@jest/globals';
import { checkApiClock } from '../src/doctor/check-api.js';

const DATE = 'Thu, 26 Nov 2026 12:00:00 GMT';
const atMs = Date.parse(DATE);

describe('the clock of the API', () => {
  it('matches if the header was written at any time of a slow request', () => {
    const { level } = checkApiClock(DATE, { sentAtMs: atMs - 4000, receivedAtMs: atMs + 1000 });
    expect(level).toBe('ok');
  });

  it('is reported if it is off by more than the duration of the request and the resolution of the header', () => {
    const { level, message } = checkApiClock(DATE, { sentAtMs: atMs + 4000, receivedAtMs: atMs + 5000 });
    expect(level).toBe('warning');
    expect(message).toBe('API is 3.0 s behind this machine');
  });
});
