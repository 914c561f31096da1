import winston from 'winston';

export type Logger = winston.Logger;

const SECRET_KEY = /secret|password|authorization|cookie|token|api[-_]?key|encryptionKey|codeHash/i;
const SECRET_TEXT = /\b(?:whsec_[A-Za-z0-9+/=]+|phk_[A-Za-z0-9_-]+)|(?<=:\/\/[^/\s:@]*:)[^@\s/]+(?=@)/g;

/** JSON lines on standard output; what looks like a secret is blanked by its name and by its form. */
export function createLogger(options: { service: string; level: string }): Logger {
  return winston.createLogger({
    level: options.level,
    defaultMeta: { service: options.service, pid: process.pid },
    format: winston.format.combine(
      winston.format.timestamp(),
      winston.format((info) => redactRecord(info))(),
      winston.format.json(),
    ),
    transports: [new winston.transports.Console()],
  });
}

function redactRecord(record: winston.Logform.TransformableInfo): winston.Logform.TransformableInfo {
  // The symbols that winston keeps its level in must stay on the same object.
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
