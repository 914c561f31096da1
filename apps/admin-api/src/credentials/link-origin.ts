import { isLoopbackHost, parseUrl, PosthornError } from '@posthorn/core';

/**
 * Returns the origin of links to this API: the configured one, or the origin of a request on the own machine. Any other Host header
 * may be forged, so that a link would lead to the host of an attacker.
 *
 * @throws PosthornError that names the missing setting
 */
export function linkOrigin(publicOrigin: string | null, requestOrigin: string | null): string {
  if (publicOrigin !== null) return publicOrigin;
  if (requestOrigin !== null && isLoopbackHost(parseUrl(requestOrigin)?.hostname ?? '')) return requestOrigin;
  throw new PosthornError('invalid_state', {
    detail:
      'POSTHORN_PUBLIC_URL is not set. Set it to the address at which browsers reach this API, such as https://hooks.example.com: links begin with it.',
  });
}
