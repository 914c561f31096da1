import { PosthornError } from '@posthorn/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from './client-address.js';

const WINDOW_S = 60;

/** Records an invalid key from an address. @throws PosthornError if there were too many */
export type RecordAuthFailure = (address: string | null) => Promise<void>;

/**
 * Rejects invalid keys of a client after `perMinute` failures in a minute. Only failures are counted and limited, so no client can
 * lock out a valid key from the same address. Each process counts separately.
 */
export function createAuthFailureLimiter(perMinute: number): RecordAuthFailure {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_S });
  return async (address) => {
    try {
      await limiter.consume(address === null ? 'unknown' : networkOf(address));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const retryAfter = Math.ceil(error.msBeforeNext / 1000);
      throw new PosthornError('too_many_requests', { extra: { retryAfter } });
    }
  };
}
