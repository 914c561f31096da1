/** Why single sign-on failed: the parameter `error` of the sign-in page. A test compares them with the contract. */
export const SIGN_IN_ERRORS = [
  'sso_no_access',
  'sso_cancelled',
  'sso_expired',
  'sso_rejected',
  'sso_unavailable',
  'sso_rate_limited',
] as const;

export type SignInError = (typeof SIGN_IN_ERRORS)[number];
