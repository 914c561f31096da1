import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;

const LINE_BREAK = 0x0a;

/** No line of a file is longer: a response has at most 1 MB, and a file without line breaks is none of lines. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Returns the position after the last line break before another position, or 0. */
export async function endOfLines(file: FileHandle, position: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = position; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const index = chunk.subarray(0, bytesRead).lastIndexOf(LINE_BREAK);
    if (index !== -1) return start + index + 1;
  }
  return 0;
}

/** Returns the last line of a file whose lines end at a position, without its line break. */
export async function lastLineOf(file: FileHandle, end: number): Promise<string> {
  return readLine(file, await endOfLines(file, end - 1), end - 1);
}

/** Returns the first line of a file, without its line break. */
export async function firstLineOf(file: FileHandle): Promise<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let start = 0; ; start += CHUNK_BYTES) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, start);
    const index = chunk.subarray(0, bytesRead).indexOf(LINE_BREAK);
    if (index !== -1) return readLine(file, 0, start + index);
    if (bytesRead === 0) return readLine(file, 0, start);
  }
}

/** Returns the text between two positions. @throws if it is too long for a line */
export async function readLine(file: FileHandle, start: number, end: number): Promise<string> {
  if (end - start > MAX_LINE_BYTES) throw new Error('the line is too long');
  const bytes = Buffer.alloc(end - start);
  await file.read(bytes, 0, bytes.length, start);
  return bytes.toString();
}
