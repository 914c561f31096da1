import type { Stack } from '@posthorn/local';

export type HarmedRole = 'worker' | 'producer';

/** Kills processes of the stack that all sequences share. */
export interface Harm {
  /** Kills one, unless one was killed a short while ago. */
  kill(role: HarmedRole): void;
  /** How many workers were killed since then, in milliseconds since 1970. */
  workersKilledSince(ms: number): number;
  count(role: HarmedRole): number;
}

/** What a killed worker had is run again after about 20 s: more kills than that would leave nothing to look at. */
const REST_MS: Record<HarmedRole, number> = { worker: 40_000, producer: 15_000 };

export function createHarm(stack: Stack, roles: readonly HarmedRole[]): Harm {
  const kills: Record<HarmedRole, number[]> = { worker: [], producer: [] };
  return {
    kill(role) {
      const last = kills[role].at(-1) ?? 0;
      if (!roles.includes(role) || Date.now() - last < REST_MS[role]) return;
      const index = role === 'worker' ? kills.worker.length % 2 : 0;
      kills[role].push(Date.now());
      stack.process(role, index).kill('SIGKILL');
    },
    workersKilledSince: (ms) => kills.worker.filter((at) => at >= ms).length,
    count: (role) => kills[role].length,
  };
}
