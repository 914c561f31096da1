import { isBoundedJwk } from '@posthorn/core/keys';
import { z } from 'zod';
import { providerFetch, ProviderUnavailableError } from './provider-fetch.js';

/** Usual providers publish two to ten keys. */
const MAX_KEYS = 50;

const OK = 200;

const keySet = z.object({ keys: z.array(z.looseObject({})).max(MAX_KEYS) });

/**
 * Requests the keys that sign the tokens of the identity provider. The response has only those that cost little to verify with: a provider
 * may publish other keys too.
 * @throws ProviderUnavailableError also if the response is not a set of at most 50 keys
 */
export async function fetchUsableKeys(url: string, options: RequestInit): Promise<Response> {
  const response = await providerFetch(url, options);
  if (response.status !== OK) return response;
  const keys = keysOf(await response.text());
  if (keys === null)
    throw new ProviderUnavailableError(
      `${new URL(url).pathname} of the identity provider is not a set of at most ${MAX_KEYS} keys`,
    );
  return Response.json({ keys: keys.filter(isBoundedJwk) });
}

function keysOf(text: string): z.infer<typeof keySet>['keys'] | null {
  try {
    return keySet.parse(JSON.parse(text)).keys;
  } catch {
    return null;
  }
}
