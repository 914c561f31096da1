import { Button } from '@mantine/core';
import { LogIn } from 'lucide-react';
import type { components } from '../../generated/api.js';
import { SignInAlert } from './sign-in-alert.js';

interface SingleSignOnProps {
  provider: components['schemas']['SingleSignOn'];
  /** Path to open after sign-in. */
  next: string;
  acceptsKeys: boolean;
}

/** Leads to the identity provider, or says that it is unavailable. */
export function SingleSignOn({ provider: { name, available }, next, acceptsKeys }: SingleSignOnProps) {
  if (!available)
    return (
      <SignInAlert title={`Can't reach ${name}`} role="status">
        Posthorn gets no response from it. This page tries again every few seconds.
        {acceptsKeys && ' Until then, sign in with an API key.'}
      </SignInAlert>
    );
  return (
    <Button
      component="a"
      href={`/v1/sso/start?${new URLSearchParams({ next }).toString()}`}
      size="md"
      fullWidth
      leftSection={<LogIn size={18} aria-hidden />}
    >
      Sign in with {name}
    </Button>
  );
}
