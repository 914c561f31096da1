import { AsyncLocalStorage } from 'node:async_hooks';
import path from 'node:path';

/** The environment in which a command runs. */
export interface Host {
  env: NodeJS.ProcessEnv;
  /** Returns the folder that paths are relative to. */
  cwd(): string;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
  exitCode?: number | string | null | undefined;
}

const hosts = new AsyncLocalStorage<Host>();

/** Returns the host of the running command: the process, unless `runOn` set another. */
export const host = (): Host => hosts.getStore() ?? process;

/** Runs a command on a host. */
export const runOn = <Result>(own: Host, command: () => Result): Result => hosts.run(own, command);

/** Returns the absolute path of a file that was named on the command line. */
export const resolvePath = (file: string): string => path.resolve(host().cwd(), file);
