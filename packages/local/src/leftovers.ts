import { setTimeout as sleep } from 'node:timers/promises';
import { signalIfThere } from './child.js';
import { processIdentity } from './process-identity.js';
import type { RunningProcess } from './roles.js';

/** A process with the moment of its start, so that a pid that was used again is not taken for it. */
export interface IdentifiedProcess extends RunningProcess {
  identity: string | null;
}

/** How long what lost its supervisor may take to stop by itself, and then when asked, in milliseconds. */
const GRACE_MS = 5000;
const POLL_MS = 50;

/** Sees to it that none of these processes runs any more. */
export async function endLeftovers(
  processes: IdentifiedProcess[],
  say: (line: string) => void,
): Promise<void> {
  if (remaining(processes).length === 0) return;
  say('the last run was cut short: waiting for what it left running to stop');
  if (await allEnd(processes, GRACE_MS)) return;
  // SIGINT is PostgreSQL's fast shutdown; its SIGTERM would wait for every client.
  for (const { role, pid } of remaining(processes)) {
    say(`stopping ${role} (pid ${pid}) of the last run`);
    // What was frozen could not even notice that its supervisor is gone.
    signalIfThere(pid, 'SIGCONT');
    signalIfThere(pid, role === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }
  if (await allEnd(processes, GRACE_MS)) return;
  for (const { pid } of remaining(processes)) signalIfThere(pid, 'SIGKILL');
  await allEnd(processes, GRACE_MS);
}

function remaining(processes: IdentifiedProcess[]): IdentifiedProcess[] {
  return processes.filter(({ pid, identity }) => identity !== null && processIdentity(pid) === identity);
}

async function allEnd(processes: IdentifiedProcess[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (remaining(processes).length > 0) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
