import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { SignIn } from '../shell/sign-in.js';

const search = z.object({
  /** Where to go once signed in: a path of this site. */
  next: z
    .string()
    .regex(/^\/(?![/\\])/)
    .optional()
    .catch(undefined),
});

export const Route = createFileRoute('/sign-in')({
  validateSearch: search,
  component: SignInPage,
});

function SignInPage() {
  const { next = '/' } = Route.useSearch();
  return <SignIn next={next} />;
}
