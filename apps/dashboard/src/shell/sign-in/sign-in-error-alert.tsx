import { SignInAlert } from './sign-in-alert.js';
import { signInErrorText } from './sign-in-error-text.js';
import type { SignInError } from './sign-in-errors.js';

interface SignInErrorAlertProps {
  error: SignInError;
  /** The name of the identity provider. Undefined until it is loaded. */
  provider: string | undefined;
  acceptsKeys: boolean;
}

/** Says why single sign-on failed, and what to do. */
export function SignInErrorAlert({ error, provider, acceptsKeys }: SignInErrorAlertProps) {
  const { title, text } = signInErrorText(error, {
    provider: provider ?? 'the identity provider',
    acceptsKeys,
  });
  return (
    <SignInAlert title={title} role="alert">
      {text}
    </SignInAlert>
  );
}
