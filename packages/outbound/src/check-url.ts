import { isIP, isIPv4 } from 'node:net';
import { type FieldProblem, fieldProblem, parseUrl } from '@posthorn/core';
import { addressGuard, type AddressGuard } from './address-guard.js';
import { isLocalhost, LOOPBACK, withoutRootDot } from './localhost.js';
import type { OutboundRules } from './outbound-rules.js';

export type UrlRejection = {
  ok: false;
  code: 'invalid_url' | 'blocked_address';
  /** Explains the rejection to the owner of the webhook. */
  problem: FieldProblem;
};

export type UrlCheck = { ok: true; /** Normalized. */ url: string } | UrlRejection;

export type InspectedUrl = { ok: true; url: URL } | UrlRejection;

/** Checks a URL without DNS lookups. The sender checks the addresses of host names when it connects. */
export function checkUrl(url: string, rules: OutboundRules): UrlCheck {
  const inspected = inspectUrl(url, rules, addressGuard(rules));
  return inspected.ok ? { ok: true, url: inspected.url.href } : inspected;
}

/** Checks a URL like checkUrl, with a guard that is reused for many URLs. */
export function inspectUrl(text: string, rules: OutboundRules, isAllowed: AddressGuard): InspectedUrl {
  const url = parseUrl(text);
  if (!url) return invalid(fieldProblem('url_invalid'));
  const problem = findProblem(url, text, rules);
  if (problem !== null) return invalid(problem);
  const host = hostOf(url);
  if (isKnownToBeBlocked(host, isAllowed)) {
    return { ok: false, code: 'blocked_address', problem: fieldProblem('url_not_allowed', { host }) };
  }
  url.hash = '';
  return { ok: true, url };
}

/** Returns the host name or address of a URL, IPv6 addresses without brackets. */
export function hostOf(url: URL): string {
  const { hostname } = url;
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Returns the port of a URL, including the default port of its scheme. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function findProblem(url: URL, text: string, rules: OutboundRules): FieldProblem | null {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.http)) {
    return fieldProblem(rules.http ? 'url_not_http' : 'url_not_https');
  }
  if (withoutRootDot(url.hostname).split('.').includes('')) return fieldProblem('url_host_invalid');
  if (url.username !== '' || url.password !== '') {
    return fieldProblem('url_credentials');
  }
  if (isIPv4(url.hostname) && url.hostname !== writtenHost(text)) {
    return fieldProblem('url_ipv4_form', { example: '192.0.2.1' });
  }
  const port = portOf(url);
  if (port === 0) return fieldProblem('url_port_invalid', { port });
  if (rules.ports !== '*' && !rules.ports.includes(port)) {
    return fieldProblem('url_port_not_allowed', { port, ports: rules.ports.join(', ') });
  }
  return null;
}

const BEFORE_HOST = /^[\0- ]*[a-z]+:[/\\]*/i;

/**
 * Returns the host of an http or https URL without user information, as its owner has written it. The URL parser reads 010.0.0.1 as octal, and
 * also accepts 8.8.2056 and 0x08080808: its owner may have meant another address. Like the parser, ignores tabs and line breaks.
 */
function writtenHost(text: string): string | undefined {
  return text
    .replaceAll(/[\t\n\r]/g, '')
    .replace(BEFORE_HOST, '')
    .split(/[/\\?#:]/, 1)[0];
}

/** Returns whether a host is blocked, as far as that is known without DNS. */
function isKnownToBeBlocked(host: string, isAllowed: AddressGuard): boolean {
  if (isIP(host) !== 0) return !isAllowed(host);
  return isLocalhost(host) && !LOOPBACK.some(({ address }) => isAllowed(address));
}

function invalid(problem: FieldProblem): UrlRejection {
  return { ok: false, code: 'invalid_url', problem };
}
