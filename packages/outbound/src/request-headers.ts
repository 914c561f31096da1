import { createRequire } from 'node:module';

const manifest: { version: string } = createRequire(import.meta.url)('../package.json');

/** No `accept-encoding` but identity: bodies are never decompressed. */
const DEFAULTS = {
  'user-agent': `Posthorn/${manifest.version}`,
  accept: '*/*',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
};

/** What frames the request or belongs to the connection is ours alone. The API refuses these; here they are left out. */
const OURS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);

/** The headers of a request with a body of so many bytes: the defaults, under those given. */
export function requestHeaders(given: Record<string, string>, bodyBytes: number): Record<string, string> {
  const headers: Record<string, string> = { 'content-length': String(bodyBytes), ...DEFAULTS };
  for (const name of Object.keys(given)) {
    const key = name.toLowerCase();
    const value = given[name];
    if (value !== undefined && !OURS.has(key)) headers[key] = value;
  }
  return headers;
}
