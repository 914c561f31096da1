/** Names of fields whose value is a secret. */
const SECRET_KEY = /secret|password|authorization|cookie|token|api[-_]?key|encryptionKey|codeHash/i;

/** API keys, sessions and portal links; signing secrets, symmetric and asymmetric. */
// regexp-reviewed -- an attempt that fails has read at most 16 characters after the prefix
const CREDENTIAL = /(?<![A-Za-z0-9])(?:ph[ksp]_[A-Za-z0-9_-]{16,}|(?:whsec|whsk)_[A-Za-z0-9+/=]+)/g;

/** The URL of a server. Its user information may contain any character, if its password is not percent-encoded: it extends to the last @. */
const SERVER_URL = /((?:postgres(?:ql)?|rediss?|mariadb|mysql):\/\/)(\S+)/gi;

/** The user information of another URL. */
const USER_INFO = /:\/\/[^\s/?#]+@/g;

const REDACTED = '[redacted]';

/** Replaces the secrets in a text that are recognizable by their format. */
export function redactText(text: string): string {
  return text
    .replace(SERVER_URL, (_, scheme: string, rest: string) => scheme + withoutUserInfo(rest))
    .replace(USER_INFO, `://${REDACTED}@`)
    .replace(CREDENTIAL, REDACTED);
}

function withoutUserInfo(rest: string): string {
  const end = rest.lastIndexOf('@');
  return end < 1 ? rest : REDACTED + rest.slice(end);
}

/** Returns a copy of a value without secrets, recognized by format and by the key under which they are stored. */
export function redact(value: unknown, key = ''): unknown {
  if (SECRET_KEY.test(key) && value !== null && value !== undefined) return REDACTED;
  if (typeof value === 'string') return redactText(value);
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
