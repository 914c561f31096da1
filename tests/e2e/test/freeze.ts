import { execFileSync } from 'node:child_process';

/** Freezes a process and its children with SIGSTOP, as if the machine hung. */
export function freeze(pid: number): { thaw: () => void } {
  // The parent first, so that it starts no more children.
  process.kill(pid, 'SIGSTOP');
  const children = childrenOf(pid);
  for (const child of children) signal(child, 'SIGSTOP');
  return {
    thaw: () => {
      for (const process of [...children, pid]) signal(process, 'SIGCONT');
    },
  };
}

/** Returns the pids of the children of a process. */
export function childrenOf(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' });
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has exited.
  }
}
