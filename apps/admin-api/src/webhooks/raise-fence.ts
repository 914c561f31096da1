import { settlesWithin } from '@posthorn/core';
import type { NewFence } from '@posthorn/flow';
import type { ApiDeps } from '../deps.js';

/**
 * Raises the fence of a webhook that was suspended or deleted, which keeps workers from sending if PostgreSQL fails over to a replica
 * without the change. Waits at most `barrierMs`: without Redis a producer raises the fence later.
 */
export async function raiseFence(
  fence: NewFence | Promise<NewFence | null>,
  { fences, barrierMs, logger }: Pick<ApiDeps, 'fences' | 'barrierMs' | 'logger'>,
): Promise<void> {
  async function raise(): Promise<void> {
    const known = await fence;
    if (known) await fences.raise([known]);
  }
  try {
    if (!(await settlesWithin(raise(), barrierMs))) throw new Error('timed out');
  } catch (error) {
    logger.warn('fence not raised; a producer will retry', { error });
  }
}
