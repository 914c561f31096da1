import type { SignInError } from './sign-in-errors.js';

interface SignInErrorContext {
  /** The name of the identity provider. */
  provider: string;
  acceptsKeys: boolean;
}

interface SignInErrorText {
  title: string;
  /** What to do. */
  text: string;
}

/** Returns what the sign-in page says about a failed sign-in. */
export function signInErrorText(
  error: SignInError,
  { provider, acceptsKeys }: SignInErrorContext,
): SignInErrorText {
  switch (error) {
    case 'sso_no_access':
      return {
        title: 'You have no access',
        text: `Your account at ${provider} has no role in Posthorn. Ask an administrator of Posthorn for access, then sign in again.`,
      };
    case 'sso_cancelled':
      return {
        title: 'Sign-in cancelled',
        text: `You did not finish the sign-in, or ${provider} did not allow it. Sign in again, or ask an administrator of ${provider}.`,
      };
    case 'sso_expired':
      return {
        title: 'Sign-in expired',
        text: 'Finish the sign-in within 10 minutes, in the browser in which you started it. Cookies must be allowed. Sign in again.',
      };
    case 'sso_rejected':
      return {
        title: 'Sign-in rejected',
        text: `Posthorn could not accept the response of ${provider}. Sign in again. If that fails, too, ask an administrator of Posthorn: the audit log has the reason.`,
      };
    case 'sso_unavailable':
      return {
        title: 'Sign-in failed',
        text: `Posthorn got no response in time. Sign in again in a minute${acceptsKeys ? ', or use an API key' : ''}.`,
      };
    case 'sso_rate_limited':
      return {
        title: 'Too many attempts',
        text: 'Too many sign-ins from your network have failed. Wait a minute, then sign in again.',
      };
  }
}
