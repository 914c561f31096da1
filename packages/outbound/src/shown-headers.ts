/** Longest JSON text of the headers that are kept, in bytes. */
const MAX_BYTES = 1024;

/** So that one long header, such as a content security policy, does not leave out all others. */
const MAX_VALUE_LENGTH = 200;
const MAX_NAME_LENGTH = 100;

export const REDACTED = '[redacted]';

/** Names of headers that carry credentials, or proofs made with them. */
const SECRET_NAME =
  /^proxy-|auth|cookie|credential|csrf|jwt|key|nonce|otp|passphrase|password|secret|session|signature|ticket|token|xsrf/;

/** The parameters of a challenge, such as a nonce, are not shown, its scheme is: it says what the receiver expects. */
const CHALLENGES: ReadonlySet<string> = new Set(['www-authenticate', 'proxy-authenticate']);

/** Names of headers with URLs, also relative ones. The query of a URL may contain a token, and so may its user and its path. */
const URL_NAMES: ReadonlySet<string> = new Set(['location', 'content-location', 'link', 'refresh']);

const URL_VALUE = /^\/|:\/\//;

/** The query and the fragment of a URL, and the parameters in its path. */
const URL_PART = /[?#][^\s>"]*|;[^\s>"?#;]*/g;

/** A parameter in a path is a secret if it is a session. */
const SESSION = /session|sid|token/i;

/** Credentials under another name, such as the credentials of a request that is echoed: an authorization, a JSON Web Token, a key of Posthorn. */
const SECRET_VALUE = /\b(?:basic|bearer|digest) |\beyJ[\w-]{8}|\bwhs(?:ec|k)_|\bph[ksp]_/i;

/**
 * Returns the first headers of a response, without secrets: all names, in lower case, with those values that cannot be credentials.
 *
 * @param rawHeaders names and values in turn, as Node has them
 */
export function shownHeaders(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  const shown = new Map<string, string>();
  let bytes = '{}'.length;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = plain(rawHeaders[index] ?? '', MAX_NAME_LENGTH).toLowerCase();
    const value = plain(redacted(name, rawHeaders[index + 1] ?? ''), MAX_VALUE_LENGTH);
    // The comma and the colon of JSON; for a repeated name, a comma and a space in the value.
    bytes += Buffer.byteLength(JSON.stringify(name) + JSON.stringify(value)) + 2;
    if (bytes > MAX_BYTES) break;
    const before = shown.get(name);
    shown.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(shown);
}

function redacted(name: string, value: string): string {
  if (CHALLENGES.has(name)) return value.replace(/ .*/, ` ${REDACTED}`);
  if (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) return REDACTED;
  if (!URL_NAMES.has(name) && !URL_VALUE.test(value)) return value;
  return value.replaceAll(URL_PART, redactPart).replaceAll(/\/\/[^\s/]*@/g, `//${REDACTED}@`);
}

/** Returns the beginning of a text, without control characters. */
function plain(text: string, maxLength: number): string {
  const beginning = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return beginning.replaceAll(/\p{Cc}/gu, '\uFFFD');
}

const redactPart = (part: string): string =>
  part.startsWith(';') && !SESSION.test(part) ? part : `${part.slice(0, 1)}${REDACTED}`;
