import { createRequire } from 'node:module';

const manifest: { version: string } = createRequire(import.meta.url)('../package.json');

/** `accept-encoding` is identity because bodies are never decompressed. */
const DEFAULTS = {
  'user-agent': `Posthorn/${manifest.version}`,
  accept: '*/*',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
};

/** Headers that control framing or the connection. The API rejects them as custom headers; here they are ignored. */
const RESERVED = new Set([
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

/** Returns the headers of a request. `composed` headers, in any case, override the defaults, but not reserved headers. */
export function requestHeaders(composed: Record<string, string>, bodyBytes: number): Record<string, string> {
  const headers: Record<string, string> = { 'content-length': String(bodyBytes), ...DEFAULTS };
  for (const name of Object.keys(composed)) {
    const key = name.toLowerCase();
    const value = composed[name];
    if (value !== undefined && !RESERVED.has(key)) headers[key] = value;
  }
  return headers;
}
