import { createFileRoute, redirect } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { access } from '../api/api.js';
import { optionalParam } from '../search/optional-param.js';
import { SignIn } from '../shell/sign-in.js';

const search = z.object({
  /** Where to go once signed in: a path of this site. */
  next: optionalParam(z.string().check(z.regex(/^\/(?![/\\])/))),
});

export const Route = createFileRoute('/sign-in')({
  validateSearch: search,
  beforeLoad() {
    // There is nothing to sign in with.
    if (access.kind === 'portal') throw redirect({ to: '/', search: {}, replace: true });
  },
  component: SignInPage,
});

function SignInPage() {
  const { next = '/' } = Route.useSearch();
  return <SignIn next={next} />;
}
