import { isLoopbackHost } from '../urls/loopback-host.js';
import { parseUrl } from '../urls/parse-url.js';

/**
 * Returns the names of the endpoints in the metadata of an OpenID Connect provider that are not secure. Only a provider on the own machine may
 * use plain http there.
 */
export function insecureEndpoints(metadata: Readonly<Record<string, unknown>>, issuer: string): string[] {
  const endpoints = Object.entries(metadata).filter(
    ([name, value]) => value !== undefined && (name === 'jwks_uri' || name.endsWith('_endpoint')),
  );
  const isOnThisMachine = isLoopbackHttp(issuer);
  const isSecure = (url: unknown) =>
    typeof url === 'string' &&
    (parseUrl(url)?.protocol === 'https:' || (isOnThisMachine && isLoopbackHttp(url)));
  return endpoints.filter(([, url]) => !isSecure(url)).map(([name]) => name);
}

/** Returns whether a URL is plain http to the own machine. */
export function isLoopbackHttp(text: string): boolean {
  const url = parseUrl(text);
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
}
