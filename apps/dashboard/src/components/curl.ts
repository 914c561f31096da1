import { access } from '../access/current-access.js';
interface CurlRequest {
  url: string;
  headers: Record<string, string>;
  /** The names of the headers whose values are not part of the command, which may end up in a ticket or a chat. */
  secretHeaders: readonly string[];
  body: string;
}

/** Returns a shell command that makes a POST, without secrets. */
export function toCurl({ url, headers, secretHeaders, body }: CurlRequest): string {
  return commandOf(
    url,
    Object.entries(headers).map(([name, value]) =>
      quoted(`${name}: ${secretHeaders.includes(name) ? '[redacted]' : value}`),
    ),
    body,
  );
}

const KEY_VARIABLE = access.kind === 'portal' ? 'API_KEY' : 'POSTHORN_API_KEY';

/** Returns a shell command that makes an API call, with the key in a variable. @param path such as `/v1/events` */
export function toApiCurl(path: string, body: string, origin = window.location.origin): string {
  const headers = [`"authorization: Bearer $${KEY_VARIABLE}"`, quoted('content-type: application/json')];
  return commandOf(new URL(path, origin).href, headers, body);
}

/** @param headers as words of the shell */
function commandOf(url: string, headers: string[], body: string): string {
  return [
    // Without --globoff, curl expands brackets in the URL.
    `curl --globoff ${quoted(url)}`,
    ...headers.map((header) => `-H ${header}`),
    // Unlike --data, it reads no file.
    `--data-raw ${quoted(body)}`,
  ].join(' \\\n  ');
}

/** Returns a text as one word of the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
