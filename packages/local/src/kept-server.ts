import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { howItEnded, signalIfThere, type Child } from './child.js';
import { StartError } from './start-error.js';

export interface Account {
  uid: number;
  gid: number;
}

export interface ServerCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
  /** Whom it runs as, when not as ourselves. */
  account?: Account;
  stopSignal: NodeJS.Signals;
  stopTimeoutMs: number;
}

export type KeeperMessage =
  { type: 'started'; pid: number } | { type: 'ended'; code: number | null; signal: NodeJS.Signals | null };

export interface KeptServerOptions {
  name: string;
  command: ServerCommand;
  /** Where its output goes: the descriptor of a log file. */
  output: number | 'inherit';
  /** Whether the server of this pid answers by now. */
  isReady: (pid: number) => Promise<boolean>;
  /** The reason to tell when it could not start, out of its log. */
  lastWords: () => string;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
const KEEPER = path.resolve(import.meta.dirname, '../dist/server-keeper.js');

/** Starts a server under a keeper (see server-keeper.ts). */
export function startKeptServer(options: KeptServerOptions): Child {
  const keeper = fork(KEEPER, [JSON.stringify(options.command)], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', options.output, options.output, 'ipc'],
  });
  let pid: number | undefined;
  let how: string | undefined;
  keeper.on('message', (message: KeeperMessage) => {
    if (message.type === 'started') pid = message.pid;
    else how = howItEnded(message.code, message.signal);
  });

  const ended = once(keeper, 'exit').then(() => {
    // A keeper that was killed leaves its server behind.
    if (how === undefined) signalIfThere(pid, 'SIGKILL');
    return how ?? 'its keeper was killed';
  });
  const kill = (signal: NodeJS.Signals) => signalIfThere(pid ?? keeper.pid, signal);

  return {
    get pid() {
      return pid;
    },
    ended,
    ready: waitUntilReady({ ...options, ended, pid: () => pid }).catch((error: unknown) => {
      kill('SIGKILL');
      throw error;
    }),
    terminate: () => {
      keeper.kill('SIGTERM');
    },
    kill,
  };
}

interface Waiting extends KeptServerOptions {
  ended: Promise<string>;
  pid: () => number | undefined;
}

async function waitUntilReady({ name, isReady, lastWords, ended, pid }: Waiting): Promise<void> {
  let over: string | undefined;
  void ended.then((how) => (over = how));
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const server = pid();
    if (server !== undefined && (await isReady(server))) return;
    if (over !== undefined) throw new StartError(`${name} could not start (${over}): ${lastWords()}`);
    if (performance.now() > deadline) throw new StartError(`${name} did not answer within a minute`);
    await sleep(READY_POLL_MS);
  }
}
