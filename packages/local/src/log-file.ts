import { readFileSync } from 'node:fs';
import path from 'node:path';
import { appendToLog, rotateFiles } from '@posthorn/runtime/rotating-file';

export interface LogFile {
  path: string;
  /** Appends what a process prints beside its log, such as the cause of a crash. */
  append: (output: Buffer) => void;
  /** Returns the last line that is not a JSON log record, where a program explains why it exits. */
  lastLogLine: () => string;
}

/** Returns a new log `<name>.log`. The logs of previous runs become `<name>.log.1` and so on. */
export function openLogFile(directory: string, name: string): LogFile {
  const file = path.join(directory, `${name}.log`);
  rotateFiles(file);
  return {
    path: file,
    append: (output) => appendToLog(file, output),
    lastLogLine: () => {
      const lines = readLines(file);
      return lines.findLast((line) => !line.startsWith('{')) ?? lines.at(-1) ?? `see ${file}`;
    },
  };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    // The process has written nothing.
    return [];
  }
}
