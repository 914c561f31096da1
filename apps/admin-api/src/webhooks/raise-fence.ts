import { settlesWithin } from '@posthorn/core';
import type { WebhookDeps } from './deps.js';

/**
 * Raises the fence of a webhook or tenant that was suspended or deleted, which keeps workers from sending if PostgreSQL fails over to a
 * replica without the change. Waits at most `barrierMs`: without Redis a producer raises the fence later.
 */
export async function raiseFence(
  raise: () => Promise<void>,
  { barrierMs, logger }: Pick<WebhookDeps, 'barrierMs' | 'logger'>,
): Promise<void> {
  try {
    if (!(await settlesWithin(raise(), barrierMs))) throw new Error('timed out');
  } catch (error) {
    logger.warn('fence not raised; a producer will retry', { error });
  }
}

/** Returns whether a webhook or tenant is suspended or deleted, or PostgreSQL does not reply within `maxMs`. */
export async function mayBeStopped(fence: Promise<object | null>, maxMs: number): Promise<boolean> {
  try {
    return !(await settlesWithin(fence, maxMs)) || (await fence) !== null;
  } catch {
    return true;
  }
}
