import { insecureEndpoints, readUpTo } from '@posthorn/core';
import type { SingleSignOnSettings } from '@posthorn/runtime/config';
import { z } from 'zod';
import { error, errorMessage, type Finding, ok } from './finding.js';

const CHECK = 'single sign-on';
const TIMEOUT_MS = 10_000;

/** As in the services. */
const MAX_BYTES = 1024 * 1024;

const provider = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
});

/** Checks whether the identity provider describes itself as the services expect. */
export async function checkSingleSignOn({ issuer }: SingleSignOnSettings): Promise<Finding> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' });
    if (!response.ok) return failure(`${url} returns ${response.status}`);
    const described = provider.safeParse(JSON.parse(await textOf(response)));
    if (!described.success) return failure(`${url} describes no OpenID Connect provider`);
    if (new URL(described.data.issuer).href !== new URL(issuer).href)
      return failure(`${url} describes the issuer ${described.data.issuer}`);
    const insecure = insecureEndpoints(described.data, issuer);
    if (insecure.length > 0) return failure(`${url} has endpoints without https: ${insecure.join(', ')}`);
    return ok(CHECK, `${issuer} responds`);
  } catch (cause) {
    return failure(`${url} does not respond: ${errorMessage(cause)}`);
  }
}

/** @throws Error if the body is too large */
async function textOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const bytes = await readUpTo(body, MAX_BYTES);
  if (bytes === null) throw new Error('the response has more than 1 MiB');
  return bytes.toString('utf8');
}

const failure = (message: string): Finding =>
  error(
    CHECK,
    message,
    'Nobody can sign in with it. Check POSTHORN_OIDC_ISSUER, and the provider from this machine.',
  );
