import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
}

const run = promisify(execFile);

const environment = (env: Record<string, string> = {}): NodeJS.ProcessEnv => ({ ...process.env, ...env });

/** Runs a command and returns its stdout. @throws Error with its stderr if it fails */
export async function outputOf(command: string, { cwd, env }: CommandOptions = {}): Promise<string> {
  return (await run('sh', ['-c', command], { cwd, env: environment(env) })).stdout;
}

/** A command that runs until it is stopped. */
export interface Running {
  printed(): string;
  /** Stops the command and its child processes. */
  stop(): Promise<void>;
}

export function startCommand(command: string, { cwd, env }: CommandOptions): Running {
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
