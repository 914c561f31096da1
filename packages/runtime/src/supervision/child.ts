/** A process that reports when it is ready. */
export interface Child {
  /** The pid of the service or server; undefined until it is known. */
  readonly pid: number | undefined;
  /** Resolves when the process is ready; rejects when it exits before that. */
  readonly ready: Promise<void>;
  /** Resolves when the process exits, with `exit code 1` or `SIGKILL`, for example. */
  readonly exited: Promise<string>;
  /** Requests a clean stop. */
  terminate(): void;
  kill(signal: NodeJS.Signals): void;
}

export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}

/** Sends a signal; does nothing when the process has exited. */
export function signalIfRunning(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // The process has exited.
  }
}
