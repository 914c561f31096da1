import createFetchClient, { type Middleware } from 'openapi-fetch';
import createQueryHooks from 'openapi-react-query';
import type { paths } from '../generated/api.js';
import { access } from '../access/current-access.js';
import { HostPage } from '../portal/host-page.js';
import { PortalSession } from '../portal/portal-session.js';
import { readProblem, unreachableProblem } from '../problems/problem.js';

/** The page that embeds the portal. Null in the dashboard. */
export const hostPage = access.kind === 'portal' ? new HostPage(access.settings.parentOrigins) : null;

/**
 * How requests are sent. The portal adds its token and omits the cookie, so that it never acts for an operator signed in to the same
 * browser.
 */
export const transport =
  access.kind === 'portal' && hostPage !== null
    ? { fetch: new PortalSession(access.token, hostPage).fetch, credentials: 'omit' as const }
    : { fetch: undefined, credentials: 'same-origin' as const };

/** A call without a response after this time has failed, in milliseconds. Others than reads may wait for a receiver. */
const READ_LIMIT_MS = 15_000;
const WRITE_LIMIT_MS = 60_000;

/** Adds a time limit to calls, so that a server that stands still is noticed. */
function fetchInTime(request: Request): Promise<Response> {
  const limitMs = request.method === 'GET' ? READ_LIMIT_MS : WRITE_LIMIT_MS;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(limitMs)]);
  return (transport.fetch ?? fetch)(new Request(request, { signal }));
}

const problems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await readProblem(response);
  },
  onError({ error, request }) {
    return request.signal.aborted ? undefined : unreachableProblem(error);
  },
};

/** The API client for calls outside components. Throws an ApiProblem on failure. */
export const client = createFetchClient<paths, 'application/json'>({
  baseUrl: window.location.origin,
  ...transport,
  fetch: fetchInTime,
});
client.use(problems);

/** TanStack Query hooks for every API call, typed by the OpenAPI document. */
export const api = createQueryHooks(client);
