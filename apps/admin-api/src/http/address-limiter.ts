import { PosthornError } from '@posthorn/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from './client-address.js';

const WINDOW_S = 60;

/** Counts a request of an address. @throws PosthornError `too_many_requests` if there were too many */
export type CountRequest = (address: string | null) => Promise<void>;

/** Limits requests of each network to `perMinute`. Each process counts separately. */
export function createAddressLimiter(perMinute: number): CountRequest {
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
