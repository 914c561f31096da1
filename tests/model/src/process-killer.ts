import type { Stack } from '@posthorn/local';

export type KillableRole = 'worker' | 'producer';

/** Kills processes of the stack that all sequences share. */
export interface ProcessKiller {
  /** Kills one process, unless one of its role was killed recently. */
  kill(role: KillableRole): void;
  /** @param ms since 1970 */
  workersKilledSince(ms: number): number;
  count(role: KillableRole): number;
}

/**
 * Minimum time between two kills. The jobs of a killed process run again after about 20 s. More kills would stall everything, and a
 * push is rejected after five producers that were killed while they ingested it.
 */
const INTERVAL_MS: Record<KillableRole, number> = { worker: 40_000, producer: 30_000 };

export function createProcessKiller(stack: Stack, roles: readonly KillableRole[]): ProcessKiller {
  const kills: Record<KillableRole, number[]> = { worker: [], producer: [] };
  return {
    kill(role) {
      const last = kills[role].at(-1) ?? 0;
      if (!roles.includes(role) || Date.now() - last < INTERVAL_MS[role]) return;
      const index = role === 'worker' ? kills.worker.length % 2 : 0;
      kills[role].push(Date.now());
      stack.process(role, index).kill('SIGKILL');
    },
    workersKilledSince: (ms) => kills.worker.filter((at) => at >= ms).length,
    count: (role) => kills[role].length,
  };
}
