import { settlesWithin } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import type { ApiDeps } from './deps.js';

/**
 * Raises the fence of a webhook that was suspended or deleted, which keeps workers from sending if PostgreSQL fails over to a replica
 * without the change. Waits at most `barrierMs`: without Redis a producer raises the fence later.
 */
export async function raiseFence(
  { id, epoch, status }: WebhookRecord,
  { fences, barrierMs, logger }: Pick<ApiDeps, 'fences' | 'barrierMs' | 'logger'>,
): Promise<void> {
  try {
    const raised = fences.raise([{ webhookId: id, epoch, isDeleted: status === 'deleted' }]);
    if (!(await settlesWithin(raised, barrierMs))) throw new Error('timed out');
  } catch (error) {
    logger.warn('fence not raised; a producer will retry', { error });
  }
}
