import { expect } from '@jest/globals';
import { apiClient } from '@posthorn/testkit';
import { dashboard } from './dashboard.js';

/** The tokens of the links that the tests have created. */
const tokens: string[] = [];

/** Creates a portal link for a tenant that opens a page of the portal. */
export async function portalLink(
  tenantId: string,
  at = '',
  settings: Record<string, unknown> = {},
): Promise<string> {
  const { status, body } = await dashboard.seeded.api.post('/v1/portal-links', { tenantId, ...settings });
  expect(status).toBe(201);
  tokens.push(tokenOf(body.url));
  const [path, query] = at.split('?');
  const url = body.url.replace('/portal?', `/portal${path}?`);
  return query === undefined ? url : url.replace('#', `&${query}#`);
}

/** Ends all links that the tests have created. */
export async function endLinks(): Promise<void> {
  for (const token of tokens.splice(0))
    await apiClient(dashboard.seeded.stack.apiUrl, token).delete('/v1/session');
}

export const tokenOf = (link: string): string =>
  new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
