import { api } from './api.js';

/** How often to ask whether the identity provider is available again, in milliseconds. */
const RETRY_MS = 10_000;

/** The query of the ways to sign in. Repeated while the identity provider is unavailable. */
export const SIGN_IN_OPTIONS_QUERY = api.queryOptions(
  'get',
  '/v1/sign-in-options',
  {},
  {
    refetchInterval: ({ state: { data } }) => (data?.singleSignOn?.available === false ? RETRY_MS : false),
  },
);
