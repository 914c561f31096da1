import { type FileHandle, open } from 'node:fs/promises';
import { resolvePath } from '../host/host.js';
import { cannotRead, UsageError } from '../command/usage-error.js';
import { endOfLines, firstLineOf, lastLineOf, readLine } from './lines.js';

/** What a file contains, one JSON object per line. */
export interface FileKind<Line> {
  /** Such as `an export of a tenant`. */
  name: string;
  /** Returns the content of a line. @throws if it is no line of this kind */
  parse: (text: string) => Line;
  /** Returns the texts that the first line, or each line, begins with: an incomplete one begins like one of them. */
  beginnings: (isFirst: boolean) => readonly string[];
}

/** The lines of a file that is continued; null for a file without any. */
export interface KnownLines<Line> {
  first: Line;
  last: Line;
}

/** A file of complete lines that a later run continues. Opening it changes nothing: see `begin`. */
export interface ResumableFile<Line> {
  lines: KnownLines<Line> | null;
  /** Removes an incomplete last line, which a run has left that was stopped. Returns the number of bytes. To be called before `append`. */
  begin(): Promise<number>;
  /** Resolves when the lines are in the file. Lines are written one after the other. */
  append(lines: string): Promise<void>;
  sync(): Promise<void>;
  /** Resolves when all lines are in the file. */
  close(): Promise<void>;
}

/**
 * Opens a file, or creates one that only its owner can read.
 *
 * @param exists what to do with a file that exists
 * @throws UsageError if it cannot be opened, exists against `exists`, or is not of the kind
 */
export async function openResumable<Line>(
  name: string,
  kind: FileKind<Line>,
  exists: 'continue' | 'refuse',
): Promise<ResumableFile<Line>> {
  const file = await openFile(name, exists);
  try {
    return resumable(file, await readKnown(file, name, kind));
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(name: string, exists: 'continue' | 'refuse'): Promise<FileHandle> {
  try {
    return await open(resolvePath(name), exists === 'continue' ? 'a+' : 'ax', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${name} already exists. Continue it with --resume, or choose another file.`);
    throw cannotRead(name, error);
  }
}

interface Opened<Line> {
  lines: KnownLines<Line> | null;
  /** The position after the last complete line. */
  end: number;
  /** The last line is complete, except for its line break. */
  needsBreak: boolean;
}

/** Reads the first and the last line, and an incomplete one. @throws UsageError if one is not of the kind */
async function readKnown<Line>(file: FileHandle, name: string, kind: FileKind<Line>): Promise<Opened<Line>> {
  const { size } = await file.stat();
  const end = await endOfLines(file, size);
  try {
    const rest = await readLine(file, end, size);
    const unbroken = rest === '' ? null : parsed(rest, kind);
    if (unbroken === null && !beginsLike(rest, kind.beginnings(end === 0)))
      throw new Error('not such a line');
    const last = unbroken ?? (end > 0 ? kind.parse(await lastLineOf(file, end)) : null);
    if (last === null) return { lines: null, end, needsBreak: false };
    const first = end > 0 ? kind.parse(await firstLineOf(file)) : last;
    return { lines: { first, last }, end: unbroken === null ? end : size, needsBreak: unbroken !== null };
  } catch (error) {
    throw new UsageError(`${name} is not ${kind.name}. It was left as it is.`, { cause: error });
  }
}

function parsed<Line>(text: string, kind: FileKind<Line>): Line | null {
  try {
    return kind.parse(text);
  } catch {
    return null;
  }
}

const beginsLike = (text: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => beginning.startsWith(text) || text.startsWith(beginning));

function resumable<Line>(file: FileHandle, { lines, end, needsBreak }: Opened<Line>): ResumableFile<Line> {
  let writtenEnd = end;
  let last: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      await file.appendFile(bytes);
      writtenEnd += bytes.length;
    } catch (error) {
      await file.truncate(writtenEnd);
      throw error;
    }
  }

  return {
    lines,
    async begin() {
      if (needsBreak) await write('\n');
      const { size } = await file.stat();
      if (size > writtenEnd) await file.truncate(writtenEnd);
      return size - writtenEnd;
    },
    append(text) {
      const written = last.then(() => write(text));
      last = written.catch(() => {});
      return written;
    },
    sync: () => file.sync(),
    async close() {
      await last;
      await file.close();
    },
  };
}
