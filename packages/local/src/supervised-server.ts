import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, signalIfRunning, type Child } from '@posthorn/runtime/supervision';
import type { LogFile } from './log-file.js';
import { StartError } from './start-error.js';

export interface Account {
  uid: number;
  gid: number;
}

interface ServerCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
  /** The account that it runs as. Default: the current user. */
  account?: Account;
  stopSignal: NodeJS.Signals;
  stopTimeoutMs: number;
}

/** What a watchdog gets as its argument. */
export interface WatchdogOptions {
  command: ServerCommand;
  /** The file for the output of the server. */
  logFile: string;
}

export type WatchdogMessage =
  | { type: 'started'; pid: number }
  | { type: 'ended'; code: number | null; signal: NodeJS.Signals | null };

interface SupervisedServerOptions {
  name: string;
  command: ServerCommand;
  log: LogFile;
  /** Whether the server with this pid is ready. */
  isReady: (pid: number) => Promise<boolean>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
const WATCHDOG = path.resolve(import.meta.dirname, '../dist/server-watchdog.js');

/** Starts a server under a watchdog; see server-watchdog.ts. */
export function startSupervisedServer(options: SupervisedServerOptions): Child {
  const { command, log } = options;
  const argument: WatchdogOptions = { command, logFile: log.path };
  const watchdog = fork(WATCHDOG, [JSON.stringify(argument)], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  watchdog.stderr?.on('data', log.append);
  let pid: number | undefined;
  let exitReason: string | undefined;
  watchdog.on('message', (message: WatchdogMessage) => {
    if (message.type === 'started') pid = message.pid;
    else exitReason = describeExit(message.code, message.signal);
  });

  const exited = once(watchdog, 'exit').then(() => {
    // A killed watchdog cannot stop its server.
    if (exitReason === undefined) signalIfRunning(pid, 'SIGKILL');
    return exitReason ?? 'its watchdog was killed';
  });
  const kill = (signal: NodeJS.Signals) => signalIfRunning(pid ?? watchdog.pid, signal);

  return {
    get pid() {
      return pid;
    },
    exited,
    ready: waitUntilReady({ ...options, exited, pid: () => pid }).catch((error: unknown) => {
      kill('SIGKILL');
      throw error;
    }),
    terminate: () => {
      watchdog.kill('SIGTERM');
    },
    kill,
  };
}

interface Waiting extends SupervisedServerOptions {
  exited: Promise<string>;
  pid: () => number | undefined;
}

async function waitUntilReady({ name, isReady, log, exited, pid }: Waiting): Promise<void> {
  let exit: string | undefined;
  void exited.then((how) => (exit = how));
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const server = pid();
    if (server !== undefined && (await isReady(server))) return;
    if (exit !== undefined) throw new StartError(`${name} could not start (${exit}): ${log.lastLogLine()}`);
    if (performance.now() > deadline) throw new StartError(`${name} was not ready within 60 s`);
    await sleep(READY_POLL_MS);
  }
}
