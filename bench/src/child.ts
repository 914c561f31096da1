import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
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
    // After the name in brackets: fields 14 and 15 of proc(5) are the ticks in user and system mode, 100 a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return {
      peakMemoryMb: Math.round(Number(kb) / 1024),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
    };
  } catch {
    return { peakMemoryMb: 0, cpuMs: 0 };
  }
}
