import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describeExit, type Child } from '@posthorn/runtime/supervision';
import type { LogFile } from './log-file.js';
import { SERVICE_NODE_FLAGS } from './node-flags.js';
import { StartError } from './start-error.js';

export interface ServiceOptions {
  name: string;
  /** The path of its main.js. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** Gets what it prints. Null: it prints to the output of this process. */
  log: LogFile | null;
}

const READY_TIMEOUT_MS = 60_000;

/**
 * Starts a service. It sends `{type: 'ready'}` over IPC when it is ready, stops on SIGTERM, and stops by itself when the IPC channel
 * closes because the supervisor was killed. It has its own process group, which Ctrl-C does not reach.
 */
export function startService({ name, entry, env, log }: ServiceOptions): Child {
  const service = fork(entry, [], {
    detached: true,
    execArgv: SERVICE_NODE_FLAGS,
    env,
    stdio: ['ignore', log ? 'pipe' : 'inherit', log ? 'pipe' : 'inherit', 'ipc'],
  });
  for (const output of [service.stdout, service.stderr])
    output?.on('data', (text: Buffer) => log?.append(text));
  // With what it has printed before.
  const exited = once(service, 'close').then(([code, signal]) => describeExit(code, signal));

  const isReady = new Promise<void>((resolve) => {
    service.on('message', (message) => {
      if (isReadyMessage(message)) resolve();
    });
  });
  const ready = Promise.race([isReady, rejectOnExit()]).finally(() => clearTimeout(timer));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    service.kill('SIGKILL');
  }, READY_TIMEOUT_MS);

  async function rejectOnExit(): Promise<never> {
    const how = await exited;
    throw new StartError(
      isLate
        ? `${name} was not ready within 60 s`
        : `${name} could not start (${how}): ${log?.lastLogLine() ?? 'see the output above'}`,
    );
  }

  return {
    get pid() {
      return service.pid;
    },
    ready,
    exited,
    terminate: () => {
      // A frozen process could not stop.
      service.kill('SIGCONT');
      service.kill('SIGTERM');
    },
    kill: (signal) => {
      service.kill(signal);
    },
  };
}

function isReadyMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
