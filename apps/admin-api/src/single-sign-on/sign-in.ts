import { explainNoAccess, findAccess, newApiKey, newId, refreshTokenSealingContext } from '@posthorn/core';
import { readTime } from '@posthorn/database/connection';
import { signInPerson } from '@posthorn/database/people/prisma';
import type { RequestContext } from '../http/request-context.js';
import type { SingleSignOnDeps } from './deps.js';
import type { Confirmation } from './identity-provider.js';
import { refreshSecondsOf, type SingleSignOn } from './single-sign-on.js';
import { MAX_SIGN_IN_S, type PendingSignIn } from './sign-in-cookie.js';
import { providerFailure, SignInFailure } from './sign-in-failure.js';

type SignInDeps = Pick<SingleSignOnDeps, 'pool' | 'change' | 'sealer'>;

/** The callback of the identity provider. */
interface Callback {
  /** Its query, with the question mark. */
  query: string;
  pending: PendingSignIn;
  context: Pick<RequestContext, 'requestId' | 'clientAddress'>;
}

/** Creates the session of a person that has come back from the identity provider. Returns its key. @throws SignInFailure */
export async function finishSignIn(
  { settings, provider }: SingleSignOn,
  { query, pending, context }: Callback,
  deps: SignInDeps,
): Promise<string> {
  // What the provider says later is newer.
  const checkedAt = await readTime(deps.pool);
  if (checkedAt.getTime() - pending.begunAtMs >= MAX_SIGN_IN_S * 1000)
    throw new SignInFailure('sso_expired', 'expired');
  const confirmation = await provider.finishSignIn(query, pending).catch((error: unknown) => {
    throw providerFailure(error);
  });
  const { identity } = confirmation;
  const access = findAccess(settings.rules, identity.claims);
  const { session, key } = newSession(confirmation, refreshSecondsOf(settings), deps);
  const { subject, name, email } = identity;
  const result = await deps.change({ caller: { tenantId: null }, resource: subject }, (prisma) =>
    signInPerson(prisma, {
      person: { issuer: settings.issuer, subject, name, email, access, checkedAt },
      session,
      begunAt: new Date(pending.begunAtMs),
      origin: { requestId: context.requestId, clientAddress: context.clientAddress },
    }),
  );
  switch (result.status) {
    case 'signed_in':
      return key;
    case 'logged_out':
      throw new SignInFailure('sso_rejected', 'logged_out', { person: name });
    case 'no_access': {
      const reason = access === null ? explainNoAccess(settings.rules, identity.claims) : 'no_tenant';
      throw new SignInFailure('sso_no_access', reason, { person: name });
    }
  }
}

function newSession(
  { identity, refreshToken }: Confirmation,
  refreshSeconds: number,
  { sealer }: Pick<SingleSignOnDeps, 'sealer'>,
) {
  const id = newId();
  const key = newApiKey('session');
  const refreshTokenSealed = refreshToken && sealer.seal(refreshToken, refreshTokenSealingContext(id));
  return { key, session: { id, key, sid: identity.sid, refreshTokenSealed, refreshSeconds } };
}
