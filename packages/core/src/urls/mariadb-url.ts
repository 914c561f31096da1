import { isIP } from 'node:net';
import { parseServerUrl } from './parse-url.js';

/**
 * How connections are encrypted: not at all, without a check of the certificate, or with a check of the certificate and the host name. Named
 * as in URLs of PostgreSQL.
 */
const TLS_MODES = ['disable', 'require', 'verify-full'] as const;

export interface MariadbUrl {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl: (typeof TLS_MODES)[number];
}

const PROTOCOLS = ['mariadb:', 'mysql:'];
const DEFAULT_PORT = 3306;

export const isMariadbUrl = (text: string): boolean =>
  PROTOCOLS.some((protocol) => text.startsWith(`${protocol}//`));

/** What a URL must be, for messages. */
export const MARIADB_URL_FORMAT =
  'mariadb://USER:PASSWORD@HOST:PORT/DATABASE, optionally with ?ssl=require, or ?ssl=verify-full if HOST is not an IP address';

/** Parses `mariadb://user:password@host:3306/database?ssl=verify-full`. Returns null if it is invalid, or has another parameter. */
export function parseMariadbUrl(text: string): MariadbUrl | null {
  const url = isMariadbUrl(text) ? parseServerUrl(text) : null;
  const database = url && decoded(url.pathname.slice(1));
  if (!url || !database || database.includes('/')) return null;
  const { ssl: mode = 'disable', ...others } = Object.fromEntries(url.searchParams);
  const ssl = TLS_MODES.find((each) => each === mode);
  if (ssl === undefined || Object.keys(others).length > 0) return null;
  // An IPv6 address is in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // With an IP address, mysql2 would verify that the certificate is for localhost.
  if (ssl === 'verify-full' && isIP(host) !== 0) return null;
  return {
    host,
    port: Number(url.port || DEFAULT_PORT),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ssl,
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
