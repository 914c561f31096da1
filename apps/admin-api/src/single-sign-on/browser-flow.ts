import type { Request, RequestHandler, Response } from 'express';
import { type SignInError, startSignInQuery } from '@posthorn/contract';
import { MAX_SESSION_MS } from '@posthorn/core';
import { readTime } from '@posthorn/database/connection';
import { LineLimiter } from '@posthorn/runtime';
import * as oidc from 'openid-client';
import { recordFailedSignIn } from '../access/failed-sign-in.js';
import type { CountRequest } from '../http/address-limiter.js';
import { sendResponse } from '../http/api-response.js';
import { toPosthornError } from '../http/problem-response.js';
import { contextOf } from '../http/request-context.js';
import { setSessionCookie } from '../http/session-cookie.js';
import type { SingleSignOnDeps } from './deps.js';
import { returnPath } from './return-path.js';
import { finishSignIn } from './sign-in.js';
import {
  clearSignInCookie,
  type PendingSignIn,
  readSignInCookie,
  type SentCookies,
  setSignInCookie,
} from './sign-in-cookie.js';
import { providerFailure, SignInFailure, toSignInFailure } from './sign-in-failure.js';
import { SignInSlots } from './sign-in-slots.js';
import { describeCause } from './describe-cause.js';
import type { SingleSignOn } from './single-sign-on.js';

type BrowserFlowDeps = Pick<SingleSignOnDeps, 'pool' | 'change' | 'sealer' | 'logger'>;

/** Sends a browser to the identity provider. */
export function startInBrowser(
  singleSignOn: SingleSignOn,
  deps: BrowserFlowDeps,
  recordFailure: CountRequest,
): RequestHandler {
  const flow = newFlow(singleSignOn, deps, recordFailure);
  return async (request, response) => {
    const query = startSignInQuery.safeParse(request.query).data ?? {};
    const next = returnPath(query.next);
    await orFailure(flow, { response, next, cookies: [] }, async () => {
      const pending: PendingSignIn = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        next,
        begunAtMs: (await readTime(deps.pool)).getTime(),
      };
      const page = await singleSignOn.provider.signInPage(pending).catch((error: unknown) => {
        throw providerFailure(error);
      });
      redirect(response, page.href, setSignInCookie(pending, deps.sealer, cookiesOf(request)));
    });
  };
}

/** Signs a browser in that the identity provider has sent back. */
export function finishInBrowser(
  singleSignOn: SingleSignOn,
  deps: BrowserFlowDeps,
  recordFailure: CountRequest,
): RequestHandler {
  const flow = newFlow(singleSignOn, deps, recordFailure);
  return async (request, response) => {
    const query = queryOf(request);
    const state = new URLSearchParams(query).get('state') ?? '';
    const pending = readSignInCookie(state, deps.sealer, cookiesOf(request));
    const cookies = pending ? [clearSignInCookie(state, request.secure)] : [];
    await orFailure(flow, { response, next: pending?.next ?? '/', cookies }, async () => {
      if (pending === null) throw new SignInFailure('sso_expired', 'expired');
      const callback = { query, pending, context: contextOf(response) };
      const key = await finishSignIn(singleSignOn, callback, deps);
      redirect(response, singleSignOn.settings.publicOrigin + pending.next, [
        ...cookies,
        // The cookie lasts as long as a session can. Activity extends the session itself.
        setSessionCookie(key, new Date(Date.now() + MAX_SESSION_MS), request.secure),
      ]);
    });
  };
}

/** Returns the query of a request, with the question mark. */
function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start);
}

const cookiesOf = ({ headers, secure }: Request): SentCookies => ({
  header: headers.cookie,
  isSecure: secure,
});

interface Flow {
  singleSignOn: SingleSignOn;
  deps: BrowserFlowDeps;
  recordFailure: CountRequest;
  slots: SignInSlots;
  /** Of refused requests. */
  refusalLines: LineLimiter;
}

const newFlow = (singleSignOn: SingleSignOn, deps: BrowserFlowDeps, recordFailure: CountRequest): Flow => ({
  singleSignOn,
  deps,
  recordFailure,
  slots: new SignInSlots(),
  refusalLines: new LineLimiter(),
});

interface Step {
  response: Response;
  /** The path to return to. */
  next: string;
  /** Set-Cookie headers if the step fails. */
  cookies: readonly string[];
}

/** Sends the browser back to the sign-in page if a step fails, or if too many are in progress. */
async function orFailure(flow: Flow, { response, next, cookies }: Step, step: () => Promise<void>) {
  const toSignInPage = (error: SignInError, changes: readonly string[]) => {
    const page = new URL('/sign-in', flow.singleSignOn.settings.publicOrigin);
    page.searchParams.set('error', error);
    if (next !== '/') page.searchParams.set('next', next);
    redirect(response, page.href, changes);
  };
  const release = flow.slots.acquire(contextOf(response).clientAddress);
  if (release === null) {
    warnOfRefusal(flow, response);
    return toSignInPage('sso_unavailable', []);
  }
  try {
    await step();
  } catch (error) {
    toSignInPage(await recordStep(flow, response, toSignInFailure(error)), cookies);
  } finally {
    release();
  }
}

/** Logs at most one line per second: the refused requests can be many. */
function warnOfRefusal({ deps, refusalLines }: Flow, response: Response): void {
  const suppressed = refusalLines.admit('refused');
  if (suppressed === null) return;
  const { requestId, clientAddress } = contextOf(response);
  deps.logger.warn('too many sign-ins are in progress', { requestId, clientAddress, suppressed });
}

/** Counts a failure of an address. Below the limit, it becomes an entry of the audit log. Returns the code for the sign-in page. */
async function recordStep(
  { deps, recordFailure }: Flow,
  response: Response,
  { code, reason, person, cause }: SignInFailure,
): Promise<SignInError> {
  const context = contextOf(response);
  const { requestId, clientAddress } = context;
  try {
    await recordFailure(clientAddress);
  } catch (error) {
    if (toPosthornError(error).code === 'too_many_requests') return 'sso_rate_limited';
    throw error;
  }
  deps.logger.warn('single sign-on failed', {
    reason,
    requestId,
    clientAddress,
    cause: describeCause(cause),
  });
  await recordFailedSignIn(deps.pool, context, { reason, person }).catch((unrecorded: unknown) => {
    deps.logger.warn('failed sign-in not recorded', { requestId, error: unrecorded });
  });
  return code;
}

const redirect = (response: Response, location: string, cookies: readonly string[]): void =>
  sendResponse(response, { status: 302, body: null, headers: { location }, cookies });
