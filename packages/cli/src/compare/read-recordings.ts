import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { resolvePath } from '../host/host.js';
import { parseErrorReason } from '../command/parse-error.js';
import { UsageError } from '../command/usage-error.js';

/** A line of a recording: a request that another system sent. */
export const recording = z.strictObject({
  /** The tenant of a webhook `ext:…`. */
  tenant: z.string().optional(),
  /** Default: the format of the command. */
  webhook: z.string().optional(),
  /** The id or the idempotency key of the event. */
  event: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

export type RecordedLine = z.output<typeof recording>;

export interface Recording extends RecordedLine {
  /** The number of its line in the file; the first is 1. */
  line: number;
}

/** Reads a file with one request per line. @throws UsageError if the file cannot be read or a line is invalid */
export async function* readRecordings(file: string): AsyncGenerator<Recording> {
  const lines = createInterface({ input: createReadStream(resolvePath(file)), crlfDelay: Infinity });
  let line = 0;
  try {
    for await (const text of lines) {
      line += 1;
      if (text.trim() !== '') yield { ...recording.parse(JSON.parse(text)), line };
    }
  } catch (error) {
    throw new UsageError(`${file}: ${line === 0 ? '' : `line ${line}: `}${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  // Of the operating system.
  if (error instanceof Error && 'errno' in error) return error.message;
  return parseErrorReason(error);
}
