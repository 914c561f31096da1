import { openSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';

export interface LogFile {
  /** The descriptor for a child's stdout and stderr. */
  descriptor: number;
  /** Returns the last line that is not a JSON log record, where a program explains why it exits. */
  lastLogLine: () => string;
}

/** Opens a new file `<name>.log` and renames that of the previous run to `<name>.log.1`. */
export function openLogFile(directory: string, name: string): LogFile {
  const file = path.join(directory, `${name}.log`);
  try {
    renameSync(file, `${file}.1`);
  } catch {
    // There was no previous run.
  }
  return {
    descriptor: openSync(file, 'a', 0o600),
    lastLogLine: () => {
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.findLast((line) => !line.startsWith('{')) ?? lines.at(-1) ?? `see ${file}`;
    },
  };
}
