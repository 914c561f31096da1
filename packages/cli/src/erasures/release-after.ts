import { setTimeout as sleep } from 'node:timers/promises';
import type { Posthorn } from '@posthorn/sdk';
import type { ApiContext } from '../command/api-command.js';

const POLL_MS = 500;

/**
 * Waits for the erasures that were repeated, then releases the database if it is quarantined. Returns whether it did.
 * @throws Error if an erasure failed: the database stays quarantined
 */
export async function releaseAfter(ids: readonly string[], { api, output }: ApiContext): Promise<boolean> {
  if (!(await isQuarantined(api))) return false;
  output.note('The database is quarantined. Waiting until a producer has run the erasures.');
  for (const id of ids) await waitForErasure(id, api);
  // Others may be running: of callers, and purges of tenants.
  while ((await api.quarantine.get()).runningErasures > 0) await sleep(POLL_MS);
  await api.quarantine.release({});
  return true;
}

/** Returns false for a key of one tenant, which may not release the database. */
async function isQuarantined(api: Posthorn): Promise<boolean> {
  try {
    for (;;) {
      const { status } = await api.quarantine.get();
      if (status !== 'unknown') return status === 'quarantined';
      await sleep(POLL_MS);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'forbidden') return false;
    throw error;
  }
}

async function waitForErasure(id: string, api: Posthorn): Promise<void> {
  for (;;) {
    const { status, error } = await api.erasures.get(id);
    if (status === 'failed')
      throw new Error(`The erasure ${id} failed, and the database stays quarantined. ${error ?? ''}`);
    if (status === 'completed') return;
    await sleep(POLL_MS);
  }
}
