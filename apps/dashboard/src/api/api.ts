import createFetchClient, { type Middleware } from 'openapi-fetch';
import createQueryHooks from 'openapi-react-query';
import type { paths } from '../generated/api.js';
import { initAccess } from './access.js';
import { readProblem, unreachableProblem } from './problem.js';

/** How this page authenticates. Fixed until the page is closed. */
export const access = initAccess(window);

/** Credentials of every request. The portal omits the cookie, so that it never acts for an operator signed in to the same browser. */
export const credentials =
  access.kind === 'portal'
    ? { headers: bearer(access.token), credentials: 'omit' as const }
    : { headers: {}, credentials: 'same-origin' as const };

const problems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await readProblem(response);
  },
  onError({ error, request }) {
    return request.signal.aborted ? undefined : unreachableProblem(error);
  },
};

/** The API client for calls outside components. Throws an ApiProblem on failure. */
export const client = createFetchClient<paths>({ baseUrl: window.location.origin, ...credentials });
client.use(problems);

/** TanStack Query hooks for every API call, typed by the OpenAPI document. */
export const api = createQueryHooks(client);

function bearer(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
