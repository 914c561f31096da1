import { Writable } from 'node:stream';
import winston from 'winston';
import { redact } from './redact.js';
import { RepeatedWarnings } from './repeated-warnings.js';
import { RotatingFile } from './rotating-file.js';

export type Logger = winston.Logger;

interface LoggerOptions {
  service: string;
  /** The number of the process, if the service has several. */
  process?: number | undefined;
  level: string;
  /** A file instead of standard output. It is rotated by size. */
  file?: string | null;
}

/**
 * Creates a logger that writes JSON lines to standard output or a file. Secrets are redacted, recognized by key and by format. Warnings
 * about errors that are retried are limited.
 * @throws Error if the file cannot be opened
 */
export function createLogger({ service, process: number, level, file }: LoggerOptions): Logger {
  const repeated = new RepeatedWarnings();
  return winston.createLogger({
    level,
    defaultMeta: { service, ...(number !== undefined && { process: number }), pid: process.pid },
    format: winston.format.combine(
      winston.format((info) => repeated.limit(info))(),
      winston.format.timestamp(),
      winston.format((info) => redactRecord(info))(),
      winston.format.json(),
    ),
    transports: [file ? fileTransport(file) : new winston.transports.Console()],
  });
}

/** Writes synchronously. winston's own transport for files loses the last lines of a process that exits. */
function fileTransport(file: string): winston.transport {
  const log = new RotatingFile(file);
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.write(line);
      done();
    },
  });
  return new winston.transports.Stream({ stream });
}

function redactRecord(record: winston.Logform.TransformableInfo): winston.Logform.TransformableInfo {
  // winston stores its level under symbols of this object, so it is changed in place.
  for (const [key, value] of Object.entries(record)) record[key] = redact(value, key);
  return record;
}
