import { createFileRoute, redirect } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { access } from '../api/current-access.js';
import { optionalParam } from '../search/optional-param.js';
import { SignIn } from '../shell/sign-in.js';

const search = z.object({
  /** Path to open after sign-in. Only paths on this site are allowed. */
  next: optionalParam(z.string().check(z.regex(/^\/(?![/\\])/))),
});

export const Route = createFileRoute('/sign-in')({
  validateSearch: search,
  beforeLoad() {
    // The portal has no sign-in.
    if (access.kind === 'portal') throw redirect({ to: '/', search: {}, replace: true });
  },
  component: SignInPage,
});

function SignInPage() {
  const { next = '/' } = Route.useSearch();
  return <SignIn next={next} />;
}
