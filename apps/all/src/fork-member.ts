import cluster, { type Worker } from 'node:cluster';
import { type Child, describeExit } from '@posthorn/runtime/supervision';
import type { ToPrimary } from './messages.js';

export interface ForkedMember extends Child {
  worker: Worker;
}

/** How `runService` prints why it cannot start. */
const REASON = 'posthorn all: ';

/** Maximum of the output that is kept until the process is ready, in characters. */
const MAX_OUTPUT = 64 * 1024;

/**
 * Starts a process of the group. What it prints to standard error is printed when it is ready; until then only the reason of a failed
 * start counts, which all processes of a group have in common.
 */
export function forkMember(number: number, env: Record<string, string>): ForkedMember {
  cluster.setupPrimary({ args: [String(number)], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const worker = cluster.fork(env);
  const exited = new Promise<string>((resolve) => {
    worker.process.once('close', (code, signal) => resolve(describeExit(code, signal)));
    // It could not be created, as at a limit of the machine.
    worker.once('error', (error) => resolve(error.message));
  });

  let output: string | null = '';
  worker.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (output === null) process.stderr.write(text);
    else output = (output + text).slice(-MAX_OUTPUT);
  });
  const isReady = new Promise<void>((resolve) => {
    worker.on('message', ({ type }: ToPrimary) => {
      if (type !== 'ready') return;
      process.stderr.write(output ?? '');
      output = null;
      resolve();
    });
  });
  const failed = exited.then((exit) => {
    throw new Error(describeFailure(number, exit, output ?? ''));
  });

  return {
    worker,
    pid: worker.process.pid,
    ready: Promise.race([isReady, failed]),
    exited,
    terminate: () => {
      // A frozen process could not stop.
      worker.process.kill('SIGCONT');
      worker.process.kill('SIGTERM');
    },
    kill: (signal) => {
      worker.process.kill(signal);
    },
  };
}

function describeFailure(number: number, exit: string, output: string): string {
  const reason = output.split('\n').findLast((line) => line.startsWith(REASON));
  if (reason !== undefined) return reason.slice(REASON.length);
  process.stderr.write(output);
  return `process ${number} could not start (${exit})`;
}
