import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;

const LINE_BREAK = 0x0a;

/** The last line of a file that ends with a line break. */
export interface LastLine {
  /** Null if there is none. */
  text: string | null;
  /** The number of bytes before the next line. */
  end: number;
}

/** Reads a file from its end to the beginning of its last complete line. */
export async function lastLineOf(file: FileHandle): Promise<LastLine> {
  const { size } = await file.stat();
  const lastBreak = await findBreakBefore(file, size);
  if (lastBreak === -1) return { text: null, end: 0 };
  const start = (await findBreakBefore(file, lastBreak)) + 1;
  const bytes = Buffer.alloc(lastBreak - start);
  await file.read(bytes, 0, bytes.length, start);
  return { text: bytes.toString(), end: lastBreak + 1 };
}

/** Returns the position of the last line break before another position, or -1. */
async function findBreakBefore(file: FileHandle, position: number): Promise<number> {
  for (let end = position; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const bytes = Buffer.alloc(end - start);
    await file.read(bytes, 0, bytes.length, start);
    const index = bytes.lastIndexOf(LINE_BREAK);
    if (index !== -1) return start + index;
  }
  return -1;
}
