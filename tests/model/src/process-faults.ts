import type { Stack } from '@posthorn/local';

export type KillableRole = 'worker' | 'producer';

/** Kills and pauses processes of the stack that all sequences share. */
export interface ProcessFaults {
  /** Kills one process, unless one of its role was killed recently. */
  kill(role: KillableRole): void;
  /** Pauses the producer for a moment, unless it was paused recently. */
  pauseProducer(): void;
  /** @param ms since 1970 */
  workersKilledSince(ms: number): number;
  killCount(role: KillableRole): number;
  pauseCount(): number;
}

/**
 * Minimum time between two kills. The jobs of a killed process run again after about 20 s. More kills would stall everything, and a
 * push is rejected after five producers that were killed while they ingested it.
 */
const KILL_INTERVAL_MS: Record<KillableRole, number> = { worker: 40_000, producer: 30_000 };

/** Long enough to reactivate a webhook meanwhile. */
const PAUSE_MS = 500;
/** So that the producer runs for most of the time. */
const PAUSE_INTERVAL_MS = 5000;

export function createProcessFaults(stack: Stack, roles: readonly KillableRole[]): ProcessFaults {
  const kills: Record<KillableRole, number[]> = { worker: [], producer: [] };
  const pauses: number[] = [];
  return {
    kill(role) {
      const last = kills[role].at(-1) ?? 0;
      if (!roles.includes(role) || Date.now() - last < KILL_INTERVAL_MS[role]) return;
      const index = role === 'worker' ? kills.worker.length % 2 : 0;
      kills[role].push(Date.now());
      stack.process(role, index).kill('SIGKILL');
    },
    pauseProducer() {
      if (Date.now() - (pauses.at(-1) ?? 0) < PAUSE_INTERVAL_MS) return;
      pauses.push(Date.now());
      const producer = stack.process('producer', 0);
      producer.kill('SIGSTOP');
      setTimeout(() => producer.kill('SIGCONT'), PAUSE_MS);
    },
    workersKilledSince: (ms) => kills.worker.filter((at) => at >= ms).length,
    killCount: (role) => kills[role].length,
    pauseCount: () => pauses.length,
  };
}
