import createFetchClient, { type Middleware } from 'openapi-fetch';
import createQueryHooks from 'openapi-react-query';
import type { paths } from '../generated/api.js';
import { initAccess } from './access.js';
import { readProblem, unreachableProblem } from './problem.js';

/** Who asks, for as long as this page is open. */
export const access = initAccess(window);

/** What a request needs beside the cookie, and whether it has that: a portal acts for its link alone, whoever is signed in here. */
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

/** Calls outside of components. One that fails throws an ApiProblem. */
export const client = createFetchClient<paths>({ baseUrl: window.location.origin, ...credentials });
client.use(problems);

/** Hooks of TanStack Query for every call of the API, typed by its OpenAPI document. Pages do not know who asks. */
export const api = createQueryHooks(client);

function bearer(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
