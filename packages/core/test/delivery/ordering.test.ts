import { expect, it } from '@jest/globals';
import { blockingOf, LIVE_CHAIN } from '../../src/index.js';

const AT = new Date('2026-03-01T10:00:00Z');
const BEFORE = new Date('2026-03-01T09:00:00Z');
const WEBHOOK = { onExhausted: 'block', maxBlockedMinutes: 90 } as const;

const blocking = (chain: string | null, firstAttemptAt: Date | null) =>
  blockingOf({ chain, firstAttemptAt }, WEBHOOK, AT);

it('only a live delivery in order blocks others, for a time that begins with its first attempt', () => {
  expect(blocking(LIVE_CHAIN, null)).toEqual({
    onExhausted: 'block',
    endsAt: new Date('2026-03-01T11:30:00Z'),
  });
  expect(blocking(LIVE_CHAIN, BEFORE)?.endsAt).toEqual(new Date('2026-03-01T10:30:00Z'));
  expect(blocking('01970000-0000-7000-8000-000000000001', BEFORE)).toBeNull();
  expect(blocking(null, BEFORE)).toBeNull();
});
