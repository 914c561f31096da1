import { openSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';

export interface LogFile {
  /** For a child's stdout and stderr. */
  descriptor: number;
  /** The last line that is no JSON log record, which is where a program says why it gives up. */
  lastWords: () => string;
}

/** A new file `<name>.log`; the one of the run before becomes `<name>.log.1`. */
export function openLogFile(directory: string, name: string): LogFile {
  const file = path.join(directory, `${name}.log`);
  try {
    renameSync(file, `${file}.1`);
  } catch {
    // The first run here.
  }
  return {
    descriptor: openSync(file, 'a', 0o600),
    lastWords: () => {
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.findLast((line) => !line.startsWith('{')) ?? lines.at(-1) ?? `see ${file}`;
    },
  };
}
