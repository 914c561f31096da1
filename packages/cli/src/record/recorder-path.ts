import { parseUrl } from '@posthorn/core';

/** The webhook of requests whose path does not name it. */
export interface DefaultWebhook {
  webhook?: string | undefined;
  tenant?: string | undefined;
}

/** Reads `/`, `/ext:hook-1` or `/ext:customer-1/ext:hook-1`. Returns null for another path. */
export function webhookIn(path: string): DefaultWebhook | null {
  const parts = segmentsOf(path);
  if (parts.length > 2 || !parts.every((part) => NAME.test(part))) return null;
  const [webhook, tenant] = parts.map((part) => decodeURIComponent(part)).toReversed();
  return {
    ...(webhook !== undefined && { webhook }),
    ...(tenant !== undefined && { tenant }),
  };
}

/**
 * Returns whether a URL is one of `posthorn record`, perhaps below another path of a proxy: its path ends with the name of a webhook, which
 * that of no receiver does.
 */
export function isRecorderUrl(url: string): boolean {
  const last = segmentsOf(parseUrl(url)?.pathname ?? '').at(-1);
  return last !== undefined && WEBHOOK.test(last);
}

const segmentsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** An id, or `ext:` and an external id of printable ASCII characters. */
const NAME = /^(?:wh_|ten_|ext(?::|%3[Aa]))(?:[\w.~:@!$&'()*+,;=-]|%[2-7][\dA-Fa-f])+$/;

const WEBHOOK = /^(?:wh_[\da-z]{26}|ext(?::|%3[Aa]).+)$/;
