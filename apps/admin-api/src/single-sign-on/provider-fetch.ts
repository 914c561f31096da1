import { readUpTo } from '@posthorn/core';

/** The identity provider did not respond, or with an error that may be gone at a repeat. openid-client passes TypeErrors on. */
export class ProviderUnavailableError extends TypeError {
  override readonly name = 'ProviderUnavailableError';
}

/** Timeout of each request to the identity provider, in milliseconds. */
export const PROVIDER_TIMEOUT_MS = 10_000;

const MAX_RESPONSE_BYTES = 1024 * 1024;

const TOO_MANY_REQUESTS = 429;
const FIRST_SERVER_ERROR = 500;

/**
 * Sends a request to the identity provider and receives its response as a whole.
 * @throws ProviderUnavailableError if it does not respond in time, with at most 1 MiB and without a server error
 */
export async function providerFetch(url: string, options: RequestInit): Promise<Response> {
  try {
    const timeout = AbortSignal.timeout(PROVIDER_TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const response = await fetch(url, { ...options, signal, redirect: 'manual' });
    const body = await receive(response);
    const { status, headers } = response;
    if (status >= FIRST_SERVER_ERROR || status === TOO_MANY_REQUESTS)
      throw new ProviderUnavailableError(
        `${new URL(url).pathname} of the identity provider returns ${status}`,
      );
    return new Response(body, { status, headers });
  } catch (cause) {
    if (cause instanceof ProviderUnavailableError) throw cause;
    throw new ProviderUnavailableError(`No response from ${new URL(url).origin}`, { cause });
  }
}

async function receive({ body }: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null) return null;
  const bytes = await readUpTo(body, MAX_RESPONSE_BYTES);
  if (bytes === null)
    throw new ProviderUnavailableError('The response of the identity provider is too large');
  return bytes;
}

/** Returns whether an error, or what caused it, is that the identity provider is not available. */
export function isProviderUnavailable(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof ProviderUnavailableError) return true;
  return false;
}
