/** A process that the stack has started and that tells us when it works. */
export interface Child {
  /** Of the process that does the work; undefined as long as it is not known. */
  readonly pid: number | undefined;
  /** Resolves when it says that it works; rejects with a StartError when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves at its end, in words: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Asks it to stop cleanly. */
  terminate(): void;
  kill(signal: NodeJS.Signals): void;
}

export function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}

/** No process is there any more when the signal comes too late, and that is fine. */
export function signalIfThere(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
