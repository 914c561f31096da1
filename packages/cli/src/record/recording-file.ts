import { type FileHandle, open } from 'node:fs/promises';

/** A file of which each line is complete: a line that is not, because the machine stopped, is removed. */
export interface RecordingFile {
  /** The number of bytes of an incomplete last line that was removed. */
  removedBytes: number;
  /** Resolves when the line is in the file. Lines are written one after the other. */
  append(line: string): Promise<void>;
  /** Resolves when all lines are in the file. */
  close(): Promise<void>;
}

/** Opens a file, or creates one that only its owner can read: requests contain credentials. */
export async function openRecording(path: string): Promise<RecordingFile> {
  const file = await open(path, 'a+', 0o600);
  const { size } = await file.stat();
  let end = await endOfLastLine(file, size);
  await file.truncate(end);
  let last: Promise<void> = Promise.resolve();

  async function write(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    try {
      await file.appendFile(bytes);
      end += bytes.length;
    } catch (error) {
      await file.truncate(end);
      throw error;
    }
  }

  return {
    removedBytes: size - end,
    append(line) {
      const written = last.then(() => write(line));
      last = written.catch(() => {});
      return written;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** Returns the position after the last newline of a file. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(end - CHUNK_BYTES, 0);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
  }
  return 0;
}
