import { setTimeout as sleep } from 'node:timers/promises';
import { signalIfRunning } from '@posthorn/runtime/supervision';
import { processIdentity } from './process-identity.js';
import type { RunningProcess } from './roles.js';

/** A process with its start time, which distinguishes it from a later process with the same pid. */
export interface IdentifiedProcess extends RunningProcess {
  identity: string | null;
}

/** How long an orphan may take to stop by itself, and again after a signal, in milliseconds. */
const GRACE_MS = 5000;
const POLL_MS = 50;

/** Stops the processes that a killed supervisor has left running. Resolves when all have exited. */
export async function stopOrphans(
  processes: IdentifiedProcess[],
  onProgress: (line: string) => void,
): Promise<void> {
  if (stillRunning(processes).length === 0) return;
  onProgress('the previous run was killed: waiting for its processes to stop');
  if (await waitForExit(processes, GRACE_MS)) return;
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for all clients.
  for (const { role, pid } of stillRunning(processes)) {
    onProgress(`stopping ${role} (pid ${pid}) of the previous run`);
    // A frozen process cannot notice that its supervisor is gone.
    signalIfRunning(pid, 'SIGCONT');
    signalIfRunning(pid, role === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }
  if (await waitForExit(processes, GRACE_MS)) return;
  for (const { pid } of stillRunning(processes)) signalIfRunning(pid, 'SIGKILL');
  await waitForExit(processes, GRACE_MS);
}

function stillRunning(processes: IdentifiedProcess[]): IdentifiedProcess[] {
  return processes.filter(({ pid, identity }) => identity !== null && processIdentity(pid) === identity);
}

async function waitForExit(processes: IdentifiedProcess[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (stillRunning(processes).length > 0) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
