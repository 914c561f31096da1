import { fork } from 'node:child_process';
import { once } from 'node:events';
import { howItEnded, type Child } from './child.js';
import { SERVICE_NODE_FLAGS } from './node-flags.js';
import { StartError } from './start-error.js';

export interface ServiceOptions {
  name: string;
  /** Its main.js. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** Where its output goes: the descriptor of a log file. */
  output: number | 'inherit';
  /** The reason to tell when it could not start, out of its log. */
  lastWords: () => string;
}

const READY_TIMEOUT_MS = 60_000;

/**
 * Starts one of our own programs. It says `{type: 'ready'}` over IPC when it works, stops on SIGTERM, and stops by itself
 * when the IPC channel breaks because we were killed. Its own process group keeps it out of reach of Ctrl-C.
 */
export function startService({ name, entry, env, output, lastWords }: ServiceOptions): Child {
  const service = fork(entry, [], {
    detached: true,
    execArgv: SERVICE_NODE_FLAGS,
    env,
    stdio: ['ignore', output, output, 'ipc'],
  });
  const ended = once(service, 'exit').then(([code, signal]) => howItEnded(code, signal));

  const said = new Promise<void>((resolve) => {
    service.on('message', (message) => {
      if (isReadyMessage(message)) resolve();
    });
  });
  const ready = Promise.race([said, rejectAtEnd()]).finally(() => clearTimeout(timer));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    service.kill('SIGKILL');
  }, READY_TIMEOUT_MS);

  async function rejectAtEnd(): Promise<never> {
    const how = await ended;
    throw new StartError(
      late
        ? `${name} did not say within a minute that it works`
        : `${name} could not start (${how}): ${lastWords()}`,
    );
  }

  return {
    get pid() {
      return service.pid;
    },
    ready,
    ended,
    terminate: () => {
      // A process that was frozen could not stop.
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
