import { parseServerUrl } from '../urls/parse-url.js';

/** A proxy through which requests to receivers are sent. */
export interface ProxyRoute {
  /** `http` and `https` (TLS to the proxy) use CONNECT. */
  protocol: 'http' | 'https' | 'socks5';
  /** A name or an address, IPv6 without brackets. */
  host: string;
  port: number;
  /** Empty for none. */
  username: string;
  password: string;
  /** The proxy decides about the addresses of names: it gets the name of the receiver instead of an address that was checked. */
  guards: boolean;
}

/** The route of requests: a proxy, or none whatever the installation has. */
export type ProxySetting = ProxyRoute | 'direct';

/** Schemes of proxies, with their default ports. */
const DEFAULT_PORTS = { http: 3128, https: 3128, socks5: 1080 } as const;

/** The longest user name or password (RFC 1929), in bytes. */
const MAX_PROXY_CREDENTIAL_BYTES = 255;

export const PROXY_URL_FORMAT = 'http://, https:// or socks5://, a host and a port, without a path';

/** Parses the URL of a proxy. Returns null if it is not valid. */
export function parseProxyUrl(text: string, guards: boolean): ProxyRoute | null {
  const url = parseServerUrl(text);
  const protocol = protocolOf(url?.protocol ?? '');
  if (!url || !protocol || url.hostname === '' || !['', '/'].includes(url.pathname)) return null;
  if (url.search !== '' || url.hash !== '') return null;
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  if (username === undefined || password === undefined) return null;
  if ([username, password].some((part) => Buffer.byteLength(part) > MAX_PROXY_CREDENTIAL_BYTES)) return null;
  // HTTP separates the two by a colon, and SOCKS5 has no empty ones.
  if (username.includes(':') || (username === '' && password !== '')) return null;
  if (protocol === 'socks5' && (username === '') !== (password === '')) return null;
  // The parser knows the default ports of http and https.
  const implied = protocol === 'http' ? 80 : 443;
  const port =
    url.port === '' ? (/:\d+\/?$/.test(text) ? implied : DEFAULT_PORTS[protocol]) : Number(url.port);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return port === 0 ? null : { protocol, host, port, username, password, guards };
}

/** Returns the URL of a proxy without its credentials. */
export function shownProxyUrl({ protocol, host, port }: ProxyRoute): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function protocolOf(scheme: string): ProxyRoute['protocol'] | null {
  switch (scheme) {
    case 'http:':
      return 'http';
    case 'https:':
      return 'https';
    case 'socks5:':
      return 'socks5';
    default:
      return null;
  }
}
