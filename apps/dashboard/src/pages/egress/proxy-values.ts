import type { components } from '../../generated/api.js';

export type Proxy = components['schemas']['WebhookEgress']['proxy'];
type RequestedProxy = components['schemas']['PutWebhookEgress']['proxy'];

export interface ProxyValues {
  mode: 'inherit' | 'direct' | 'proxy';
  url: string;
  username: string;
  /** Empty: the present one. */
  password: string;
  guards: boolean;
}

export function toProxyValues(proxy: Proxy): ProxyValues {
  const none = { url: '', username: '', password: '', guards: false };
  if (proxy === null) return { mode: 'inherit', ...none };
  if (proxy === 'direct') return { mode: 'direct', ...none };
  return {
    mode: 'proxy',
    url: proxy.url,
    username: proxy.username ?? '',
    password: '',
    guards: proxy.guards,
  };
}

export function toRequestedProxy({ mode, url, username, password, guards }: ProxyValues): RequestedProxy {
  if (mode === 'inherit') return null;
  if (mode === 'direct') return 'direct';
  return {
    url: url.trim(),
    username: username.trim() || null,
    guards,
    ...(password !== '' && { password }),
  };
}

/** The fields of the API, by the fields of the form. */
export const PROXY_FIELDS = ['proxy.url', 'proxy.username', 'proxy.password'];
