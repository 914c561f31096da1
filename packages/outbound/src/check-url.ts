import { isIP } from 'node:net';
import { parseUrl } from '@posthorn/core';
import { addressGuard, type AddressGuard } from './address-guard.js';
import { isLocalhost, LOOPBACK, withoutRootDot } from './localhost.js';
import type { OutboundRules } from './outbound-rules.js';

export type UrlRefusal = {
  ok: false;
  code: 'invalid_url' | 'blocked_address';
  /** For the person who chose the URL. */
  message: string;
};

export type UrlCheck = { ok: true; /** Normalised. */ url: string } | UrlRefusal;

export type InspectedUrl = { ok: true; url: URL } | UrlRefusal;

/** Checks whatever can be known of a URL without asking DNS. The sender checks the addresses of names itself. */
export function checkUrl(url: string, rules: OutboundRules): UrlCheck {
  const inspected = inspectUrl(url, rules, addressGuard(rules));
  return inspected.ok ? { ok: true, url: inspected.url.href } : inspected;
}

/** checkUrl for many URLs under the same rules. */
export function inspectUrl(text: string, rules: OutboundRules, isAllowed: AddressGuard): InspectedUrl {
  const url = parseUrl(text);
  if (!url) return invalid('This is not a valid URL');
  const problem = shapeProblem(url, rules);
  if (problem !== null) return invalid(problem);
  const host = hostOf(url);
  if (isKnownToBeBlocked(host, isAllowed)) {
    const message = `${host} is not on the public internet, and no exception for it is configured`;
    return { ok: false, code: 'blocked_address', message };
  }
  url.hash = '';
  return { ok: true, url };
}

/** The host as a name or address, IPv6 without its brackets. */
export function hostOf(url: URL): string {
  const { hostname } = url;
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** The port that a connection goes to. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function shapeProblem(url: URL, rules: OutboundRules): string | null {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.http)) {
    return rules.http ? 'The URL must begin with https:// or http://' : 'The URL must begin with https://';
  }
  if (withoutRootDot(url.hostname).split('.').includes('')) return 'The URL names no host that can exist';
  if (url.username !== '' || url.password !== '') {
    return 'The URL may not hold a user name or password: use a custom header';
  }
  const port = portOf(url);
  if (port === 0) return 'Port 0 cannot be connected to';
  if (rules.ports !== '*' && !rules.ports.includes(port)) {
    return `Port ${port} is not allowed, only ${rules.ports.join(', ')}`;
  }
  return null;
}

/** WHATWG URL parsing has already turned every notation of an address (0x7f.1, 0177.0.0.1, …) into the plain one. */
function isKnownToBeBlocked(host: string, isAllowed: AddressGuard): boolean {
  if (isIP(host) !== 0) return !isAllowed(host);
  return isLocalhost(host) && !LOOPBACK.some(({ address }) => isAllowed(address));
}

function invalid(message: string): UrlRefusal {
  return { ok: false, code: 'invalid_url', message };
}
