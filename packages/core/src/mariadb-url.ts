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

/** Parses `mariadb://user:password@host:3306/database?ssl=verify-full`. Returns null if it is invalid, or has another parameter. */
export function parseMariadbUrl(text: string): MariadbUrl | null {
  const url = isMariadbUrl(text) ? parseServerUrl(text) : null;
  const database = url && decoded(url.pathname.slice(1));
  if (!url || !database || database.includes('/')) return null;
  const { ssl: mode = 'disable', ...others } = Object.fromEntries(url.searchParams);
  const ssl = TLS_MODES.find((each) => each === mode);
  if (ssl === undefined || Object.keys(others).length > 0) return null;
  return {
    // An IPv6 address is in brackets.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
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
