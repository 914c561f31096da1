import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { fromAddress } from '../search/from-address.js';
import { SignIn } from '../shell/sign-in.js';

const search = z.object({
  /** Where to go once signed in: a path of this site. */
  next: fromAddress(z.string().check(z.regex(/^\/(?![/\\])/))),
});

export const Route = createFileRoute('/sign-in')({
  validateSearch: search,
  component: SignInPage,
});

function SignInPage() {
  const { next = '/' } = Route.useSearch();
  return <SignIn next={next} />;
}
