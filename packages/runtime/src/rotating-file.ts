import { appendFileSync, closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const NEW_LINE = 10;

/** Limits of a log: the current file, and older ones as `<file>.1`, `<file>.2`, … */
interface RotationLimits {
  /** A file is closed after the line that reaches this size, in bytes. */
  maxBytes: number;
  /** With the current one. The oldest is deleted. */
  maxFiles: number;
}

const DEFAULT_ROTATION: RotationLimits = { maxBytes: 10_000_000, maxFiles: 5 };

/**
 * Writes a log to a file that is rotated by size, between two lines. Writes are synchronous, so that the last lines of a process that exits
 * are not lost. Output that cannot be written, because the disk is full, is dropped. Only one process may rotate a file; others may append.
 */
export class RotatingFile {
  readonly #file: string;
  readonly #limits: RotationLimits;
  #descriptor: number;
  #bytes: number;

  /** Appends to a file that exists. @throws Error if the file cannot be opened */
  constructor(file: string, limits: RotationLimits = DEFAULT_ROTATION) {
    this.#file = file;
    this.#limits = limits;
    this.#descriptor = openForAppending(file);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** Writes output: a line, several, or a part of one. */
  write(output: Buffer): void {
    const end = output.lastIndexOf(NEW_LINE) + 1;
    this.#append(output.subarray(0, end));
    if (end > 0 && this.#bytes >= this.#limits.maxBytes) this.#rotate();
    this.#append(output.subarray(end));
  }

  #append(output: Buffer): void {
    let written = 0;
    try {
      while (written < output.length) written += writeSync(this.#descriptor, output, written);
    } catch {
      // The disk is full.
    }
    this.#bytes += written;
  }

  #rotate(): void {
    try {
      rotateFiles(this.#file, this.#limits.maxFiles);
      const descriptor = openForAppending(this.#file);
      closeSync(this.#descriptor);
      this.#descriptor = descriptor;
    } catch {
      // The folder cannot be changed: the next rotation retries.
    }
    this.#bytes = 0;
  }
}

/** Renames `<file>` to `<file>.1`, that to `<file>.2` and so on. Deletes the oldest. */
export function rotateFiles(file: string, maxFiles = DEFAULT_ROTATION.maxFiles): void {
  const names = Array.from({ length: maxFiles }, (_, index) => (index === 0 ? file : `${file}.${index}`));
  for (let index = names.length - 1; index > 0; index -= 1) {
    try {
      renameSync(names[index - 1] ?? '', names[index] ?? '');
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

/** Appends output of other processes to the current file. */
export function appendToLog(file: string, output: Buffer): void {
  try {
    appendFileSync(file, output, { mode: 0o600 });
  } catch {
    // The disk is full.
  }
}

const openForAppending = (file: string): number => openSync(file, 'a', 0o600);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
