import type { SignInError } from '@posthorn/contract';
import { AuthorizationResponseError } from 'openid-client';
import { toPosthornError } from '../http/problem-response.js';
import { isProviderUnavailable } from './provider-fetch.js';

/** Why a sign-in failed, for operators. */
type SignInFailureReason =
  | 'groups_omitted'
  | 'email_not_verified'
  | 'no_matching_rule'
  | 'no_tenant'
  | 'cancelled'
  | 'expired'
  | 'logged_out'
  | 'invalid_response'
  | 'provider_unavailable'
  | 'database_unavailable';

/** A sign-in that failed. */
export class SignInFailure extends Error {
  override readonly name = 'SignInFailure';
  readonly code: SignInError;
  readonly reason: SignInFailureReason;
  /** The name of the person, if the identity provider has confirmed it. */
  readonly person: string | null;

  constructor(
    code: SignInError,
    reason: SignInFailureReason,
    { person = null, cause }: { person?: string | null; cause?: unknown } = {},
  ) {
    super(`Single sign-on failed: ${reason}`, { cause });
    this.code = code;
    this.reason = reason;
    this.person = person;
  }
}

/** Errors of the authorization endpoint that mean that the provider does not work. */
const UNAVAILABLE = new Set(['server_error', 'temporarily_unavailable']);

/** Errors of the authorization endpoint that mean that the person has not finished. */
const CANCELLED = new Set([
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
]);

/** Converts an error of the conversation with the identity provider. */
export function providerFailure(cause: unknown): SignInFailure {
  if (isProviderUnavailable(cause))
    return new SignInFailure('sso_unavailable', 'provider_unavailable', { cause });
  const error = cause instanceof AuthorizationResponseError ? cause.error : '';
  if (UNAVAILABLE.has(error)) return new SignInFailure('sso_unavailable', 'provider_unavailable', { cause });
  if (CANCELLED.has(error)) return new SignInFailure('sso_cancelled', 'cancelled', { cause });
  return new SignInFailure('sso_rejected', 'invalid_response', { cause });
}

/** Converts anything thrown while people sign in. @throws unexpected errors */
export function toSignInFailure(error: unknown): SignInFailure {
  if (error instanceof SignInFailure) return error;
  if (toPosthornError(error).code !== 'unavailable') throw error;
  return new SignInFailure('sso_unavailable', 'database_unavailable', { cause: error });
}
