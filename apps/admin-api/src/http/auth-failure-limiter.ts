import { PosthornError } from '@posthorn/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientNetwork } from './client-address.js';

const WINDOW_S = 60;

/** Notes that a wrong key came from an address. @throws PosthornError when there are too many of them */
export type RecordAuthFailure = (address: string | null) => Promise<void>;

/**
 * Answers `perMinute` wrong keys of one client in a minute, and refuses those that follow. Only failures are counted and
 * only they are refused, so that nobody can lock out a valid key that comes from the same address. Each process counts
 * for itself.
 */
export function createAuthFailureLimiter(perMinute: number): RecordAuthFailure {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_S });
  return async (address) => {
    try {
      await limiter.consume(address === null ? 'unknown' : clientNetwork(address));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const retryAfter = Math.ceil(error.msBeforeNext / 1000);
      throw new PosthornError('too_many_requests', { extra: { retryAfter } });
    }
  };
}
