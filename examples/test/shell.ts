import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

interface Place {
  cwd?: string;
  env?: Record<string, string>;
}

const run = promisify(execFile);

const environment = (env: Record<string, string> = {}): NodeJS.ProcessEnv => ({ ...process.env, ...env });

/** What a command prints. @throws with what it said when it failed */
export async function outputOf(command: string, { cwd, env }: Place = {}): Promise<string> {
  return (await run('sh', ['-c', command], { cwd, env: environment(env) })).stdout;
}

/** A command that goes on until it is stopped. */
export interface Running {
  printed(): string;
  /** With all the processes that it has started. */
  stop(): Promise<void>;
}

export function startCommand(command: string, { cwd, env }: Place): Running {
  const child: ChildProcess = spawn('sh', ['-c', command], {
    cwd,
    env: environment(env),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout?.on('data', (chunk) => (printed += String(chunk)));
  return {
    printed: () => printed,
    async stop() {
      if (child.pid === undefined || child.exitCode !== null) return;
      const closed = once(child, 'close');
      process.kill(-child.pid, 'SIGTERM');
      await closed;
    },
  };
}
