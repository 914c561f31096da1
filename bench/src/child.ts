import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A process of the benchmark, controlled by messages. */
export interface Child {
  pid: number;
  send(message: object): void;
  /**
   * Resolves with the next message of that type. Call it before you send the command.
   * @throws Error when the process exits before that
   */
  next<T>(type: string): Promise<T>;
  /** Sends SIGTERM and waits for the exit. */
  stop(): Promise<void>;
}

export function startChild(
  file: string,
  { env = {}, execArgv = [] }: { env?: Record<string, string>; execArgv?: string[] } = {},
): Child {
  const child: ChildProcess = fork(file, {
    env: { ...process.env, ...env },
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    send: (message) => child.send(message),
    next: <T>(type: string) =>
      new Promise<T>((resolve, reject) => {
        const listen = (message: { type: string } & T) => {
          if (message.type !== type) return;
          child.off('message', listen);
          resolve(message);
        };
        child.on('message', listen);
        void ended.then(() => reject(new Error(`${file} exited before it sent "${type}"`)));
      }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Returns the path of a script beside this file. */
export const ownScript = (name: string): string => path.join(import.meta.dirname, name);

/** Returns the memory and CPU time that a running process has used (Linux; elsewhere zeros). */
export function usage(pid: number): { peakMemoryMb: number; cpuMs: number } {
  try {
    const kb = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const { ownMs } = stat(pid);
    return { peakMemoryMb: Math.round(Number(kb) / 1024), cpuMs: ownMs };
  } catch {
    return { peakMemoryMb: 0, cpuMs: 0 };
  }
}

/** Returns the CPU time of a process and its descendants, exited ones included (Linux; elsewhere 0). */
export function cpuMsOfTree(root: number): number {
  const stats = readStats();
  return tree(stats, root).reduce((sum, pid) => {
    const { ownMs, exitedMs } = stats.get(pid) ?? { ownMs: 0, exitedMs: 0 };
    return sum + ownMs + exitedMs;
  }, 0);
}

/** Returns a process and its descendants that run (Linux). */
export const pidsOfTree = (root: number): number[] => tree(readStats(), root);

function tree(stats: ReadonlyMap<number, Stat>, root: number): number[] {
  const children = [...stats].filter(([, { parent }]) => parent === root).map(([pid]) => pid);
  return [root, ...children.flatMap((pid) => tree(stats, pid))];
}

function readStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    try {
      stats.set(pid, stat(pid));
    } catch {
      // It has just exited.
    }
  }
  return stats;
}

interface Stat {
  parent: number;
  ownMs: number;
  /** CPU time of exited children. */
  exitedMs: number;
}

/** Parses /proc/PID/stat, see proc(5): field 3 follows the name in parentheses; times are in ticks, 100 per second. */
function stat(pid: number): Stat {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').map(Number) ?? [];
  const [, parent = 0] = fields;
  const [user = 0, system = 0, exitedUser = 0, exitedSystem = 0] = fields.slice(11);
  return { parent, ownMs: (user + system) * 10, exitedMs: (exitedUser + exitedSystem) * 10 };
}
