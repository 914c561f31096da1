import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { ProxyResponse, RequestedProxy } from '@posthorn/contract';
import {
  type FieldError,
  fieldError,
  type HashingSealer,
  parseProxyUrl,
  PosthornError,
  type ProxyRoute,
  type ProxySetting,
  shownProxyUrl,
} from '@posthorn/core';
import { isProxyAddress } from '@posthorn/outbound';

/** Serializes a proxy without its password. */
export function serializeProxy(proxy: ProxySetting | null): ProxyResponse {
  if (proxy === null || proxy === 'direct') return proxy;
  const { username, password, guards } = proxy;
  return {
    url: shownProxyUrl(proxy),
    username: username === '' ? null : username,
    hasPassword: password !== '',
    guards,
  };
}

/** Returns a proxy for the audit log, which tenants read, too: a keyed hash shows whether it changed. */
export function maskedProxy(proxy: ProxySetting | null, { hashKey }: HashingSealer): string | null {
  if (proxy === null || proxy === 'direct') return proxy;
  const hash = createHmac('sha256', hashKey)
    .update(`audit:proxy:${JSON.stringify(proxy)}`)
    .digest('hex');
  return `[redacted ${hash.slice(0, 8)}]`;
}

/**
 * Returns the proxy that a request sets. Without a password, it keeps the present one of the same user at the same proxy.
 * @throws PosthornError if user name and password do not fit
 */
export function changedProxy(
  current: ProxySetting | null,
  requested: NonNullable<RequestedProxy> | null,
): ProxySetting | null {
  if (requested === null || requested === 'direct') return requested;
  const route = parseProxyUrl(requested.url, requested.guards);
  if (!route) throw invalid(fieldError('proxy.url', 'invalid'));
  const { host } = route;
  if (isIP(host) !== 0 && !isProxyAddress(host))
    throw invalid(fieldError('proxy.url', 'url_not_allowed', { host }));
  const username = requested.username ?? '';
  const kept = requested.password === undefined ? passwordAt(current, { ...route, username }) : '';
  const password = requested.password ?? kept;
  if (username === '' && password !== '') throw invalid(fieldError('proxy.username', 'required'));
  // SOCKS5 has no empty passwords.
  if (route.protocol === 'socks5' && username !== '' && password === '')
    throw invalid(fieldError('proxy.password', 'required'));
  return { ...route, username, password };
}

function passwordAt(current: ProxySetting | null, { username, ...route }: ProxyRoute): string {
  if (current === null || current === 'direct') return '';
  const isSame = shownProxyUrl(current) === shownProxyUrl({ ...route, username });
  return isSame && current.username === username ? current.password : '';
}

const invalid = (error: FieldError) => new PosthornError('invalid_input', { errors: [error] });
