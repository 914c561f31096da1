import winston from 'winston';
import { RepeatedWarnings } from './repeated-warnings.js';

export type Logger = winston.Logger;

const SECRET_KEY = /secret|password|authorization|cookie|token|api[-_]?key|encryptionKey|codeHash/i;
const SECRET_TEXT = /\b(?:whsec_[A-Za-z0-9+/=]+|phk_[A-Za-z0-9_-]+)|(?<=:\/\/[^/\s:@]*:)[^@\s/]+(?=@)/g;

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

function redact(value: unknown, key = ''): unknown {
  if (SECRET_KEY.test(key) && value !== null && value !== undefined) return '[redacted]';
  if (typeof value === 'string') return value.replace(SECRET_TEXT, '[redacted]');
  if (value instanceof Error) return describeError(value);
  if (Array.isArray(value)) return value.map((item) => redact(item));
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redact(inner, name)]));
  }
  return value;
}

function describeError(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: redact(error.message),
    stack: redact(error.stack),
    ...('code' in error && { code: error.code }),
    ...(error.cause !== undefined && { cause: redact(error.cause) }),
  };
}
