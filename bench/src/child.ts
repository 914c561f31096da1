import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A helper process of the benchmark, spoken to by messages. */
export interface Child {
  pid: number;
  send(message: object): void;
  /**
   * The next message of that type. Ask before you send what it answers to.
   * @throws Error when the process ends before
   */
  next<T>(type: string): Promise<T>;
  /** Ends it as an operator would, and waits. */
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
        void ended.then(() => reject(new Error(`${file} ended before it said "${type}"`)));
      }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A script beside this file. */
export const ownScript = (name: string): string => path.join(import.meta.dirname, name);

/** What a running process has used so far (Linux; elsewhere zeros). */
export function usage(pid: number): { peakMemoryMb: number; cpuMs: number } {
  try {
    const kb = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const { ownMs } = stat(pid);
    return { peakMemoryMb: Math.round(Number(kb) / 1024), cpuMs: ownMs };
  } catch {
    return { peakMemoryMb: 0, cpuMs: 0 };
  }
}

/** CPU time that a process, its children and theirs have used so far, those that have ended included (Linux; elsewhere 0). */
export function cpuMsOfTree(root: number): number {
  const stats = new Map<number, Stat>();
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    try {
      stats.set(pid, stat(pid));
    } catch {
      // It has just ended.
    }
  }
  const cpuMs = (pid: number): number => {
    const children = [...stats].filter(([, { parent }]) => parent === pid);
    const { ownMs, endedMs } = stats.get(pid) ?? { ownMs: 0, endedMs: 0 };
    return children.reduce((sum, [child]) => sum + cpuMs(child), ownMs + endedMs);
  };
  return cpuMs(root);
}

interface Stat {
  parent: number;
  ownMs: number;
  /** Of children that have ended. */
  endedMs: number;
}

/** From proc(5): after the name in brackets come the fields from the third on; times are in ticks, 100 a second. */
function stat(pid: number): Stat {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').map(Number) ?? [];
  const [, parent = 0] = fields;
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
  return { parent, ownMs: (user + system) * 10, endedMs: (endedUser + endedSystem) * 10 };
}
