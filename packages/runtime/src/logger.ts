import winston from 'winston';
import { redact } from './redact.js';
import { RepeatedWarnings } from './repeated-warnings.js';

export type Logger = winston.Logger;

/**
 * Creates a logger that writes JSON lines to standard output. Secrets are redacted, recognized by key and by format. Warnings about
 * errors that are retried are limited.
 */
export function createLogger(options: { service: string; level: string }): Logger {
  const repeated = new RepeatedWarnings();
  return winston.createLogger({
    level: options.level,
    defaultMeta: { service: options.service, pid: process.pid },
    format: winston.format.combine(
      winston.format((info) => repeated.limit(info))(),
      winston.format.timestamp(),
      winston.format((info) => redactRecord(info))(),
      winston.format.json(),
    ),
    transports: [new winston.transports.Console()],
  });
}

function redactRecord(record: winston.Logform.TransformableInfo): winston.Logform.TransformableInfo {
  // winston stores its level under symbols of this object, so it is changed in place.
  for (const [key, value] of Object.entries(record)) record[key] = redact(value, key);
  return record;
}
