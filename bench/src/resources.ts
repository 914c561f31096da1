import { readFileSync } from 'node:fs';
import type { Bench } from './bench.js';
import { cpuMsOfTree, pidsOfTree } from './child.js';
import type { Services } from './services.js';

/** CPU time in milliseconds by role, descendants included. */
export type CpuByRole = Record<string, number>;

/** Returns the CPU time that the services, PostgreSQL and Redis have used so far. */
export const cpuByRole = (bench: Bench, services: Services): CpuByRole =>
  Object.fromEntries(roots(bench, services).map(([role, pid]) => [role, cpuMsOfTree(pid)]));

/** Returns what was used between two readings, by role. */
export const cpuBetween = (before: CpuByRole, after: CpuByRole): CpuByRole =>
  mapRoles(after, (cpuMs, role) => cpuMs - (before[role] ?? 0));

/** Applies a function to the value of each role. */
export const mapRoles = (
  values: Record<string, number>,
  of: (value: number, role: string) => number,
): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([role, value]) => [role, of(value, role)]));

export const sumOf = (values: Record<string, number>): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

/** Returns the proportional set size in MB by role: memory that processes share counts once (Linux). */
export const pssByRole = (bench: Bench, services: Services): Record<string, number> =>
  Object.fromEntries(
    roots(bench, services).map(([role, pid]) => [
      role,
      Math.round(pidsOfTree(pid).reduce((sum, each) => sum + pssKb(each), 0) / 1024),
    ]),
  );

function roots({ stack }: Bench, services: Services): [role: string, pid: number][] {
  const servers = stack.processes().map(({ role, pid }): [string, number] => [role, pid]);
  return [...Object.entries(services).map(([role, { pid }]): [string, number] => [role, pid]), ...servers];
}

function pssKb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // It has just exited.
  }
}
