import { createFileRoute, redirect } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { access } from '../access/current-access.js';
import { SIGN_IN_OPTIONS_QUERY } from '../api/sign-in-options.js';
import { nextParam } from '../search/next-param.js';
import { optionalParam } from '../access/optional-param.js';
import { SIGN_IN_ERRORS } from '../shell/sign-in/sign-in-errors.js';
import { SignIn } from '../shell/sign-in/sign-in.js';

/** How long the page waits for the ways to sign in, so that it appears as a whole, in milliseconds. */
const OPTIONS_WAIT_MS = 300;

const search = z.object({
  next: nextParam,
  /** Why single sign-on failed. Set by the API. */
  error: optionalParam(z.enum(SIGN_IN_ERRORS)),
});

export const Route = createFileRoute('/sign-in')({
  validateSearch: search,
  beforeLoad() {
    // The portal has no sign-in.
    if (access.kind === 'portal') throw redirect({ to: '/', search: {}, replace: true });
  },
  async loader({ context: { queryClient } }) {
    const wait = new Promise((resolve) => setTimeout(resolve, OPTIONS_WAIT_MS));
    await Promise.race([queryClient.prefetchQuery(SIGN_IN_OPTIONS_QUERY), wait]);
  },
  component: SignInPage,
});

function SignInPage() {
  const { next = '/', error } = Route.useSearch();
  return <SignIn next={next} error={error} />;
}
