import { type RequestHandler, Router } from 'express';
import {
  SIGN_IN_OPTIONS_PATH,
  type SignInOptionsResponse,
  SSO_CALLBACK_PATH,
  SSO_LOGOUT_PATH,
  SSO_START_PATH,
} from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import type { CountRequest } from '../http/address-limiter.js';
import { sendResponse } from '../http/api-response.js';
import { methodNotAllowed } from '../http/error-handlers.js';
import { onRoute } from '../http/request-context.js';
import type { SingleSignOnDeps } from './deps.js';
import { backChannelLogout } from './back-channel-logout.js';
import { finishInBrowser, startInBrowser } from './browser-flow.js';

type SignInRouteDeps = Pick<
  SingleSignOnDeps,
  'singleSignOn' | 'keySignIn' | 'pool' | 'change' | 'sealer' | 'logger' | 'slowestUpload'
>;

/** Serves the ways to sign in, and single sign-on with an identity provider. None requires an API key. */
export function signInRoutes(deps: SignInRouteDeps, recordFailure: CountRequest): Router {
  const { singleSignOn } = deps;
  const router = Router();
  const serve = (method: 'get' | 'post', path: string, handler: RequestHandler) => {
    const route = router.route(path).all(onRoute(path));
    route[method](handler).all(methodNotAllowed(method === 'get' ? ['get', 'head'] : ['post']));
  };
  serve('get', SIGN_IN_OPTIONS_PATH, async (_request, response) => {
    sendResponse(response, { status: 200, body: await signInOptions(deps) });
  });
  serve(
    'get',
    SSO_START_PATH,
    singleSignOn ? startInBrowser(singleSignOn, deps, recordFailure) : notConfigured,
  );
  serve(
    'get',
    SSO_CALLBACK_PATH,
    singleSignOn ? finishInBrowser(singleSignOn, deps, recordFailure) : notConfigured,
  );
  serve(
    'post',
    SSO_LOGOUT_PATH,
    singleSignOn ? backChannelLogout(singleSignOn, deps, recordFailure) : notConfigured,
  );
  return router;
}

async function signInOptions({
  singleSignOn,
  keySignIn,
}: Pick<SingleSignOnDeps, 'singleSignOn' | 'keySignIn'>): Promise<SignInOptionsResponse> {
  if (singleSignOn === null) return { apiKey: keySignIn, singleSignOn: null };
  const { settings, provider } = singleSignOn;
  return {
    apiKey: keySignIn,
    singleSignOn: { name: settings.name, available: await provider.isAvailable() },
  };
}

const notConfigured: RequestHandler = () => {
  throw new PosthornError('not_found', { detail: 'Single sign-on is not configured' });
};
