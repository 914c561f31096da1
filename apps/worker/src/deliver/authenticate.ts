import {
  authHeaders,
  type InternalFailure,
  mayRenewToken,
  openAuth,
  type SentOutcome,
  tokenFailure,
} from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { AccessToken } from '@posthorn/flow';
import { failInternally } from './delivery-steps.js';
import type { DeliverDeps, RunState } from './run-state.js';

/** How a request authenticates itself, or why it cannot now. */
export type Authentication =
  | { kind: 'ready'; headers: Record<string, string>; token: AccessToken | null }
  /** The token is being fetched. */
  | { kind: 'wait' }
  | { kind: 'failed'; failure: InternalFailure | (SentOutcome & { kind: 'failure' }) };

const NONE: Authentication = { kind: 'ready', headers: {}, token: null };

/** Returns how the request of a delivery authenticates itself. Waits for no token: a token endpoint that is slow must not occupy the lane. */
export async function authenticate(
  { deps, task }: Pick<RunState, 'deps' | 'task'>,
  { delivery, webhook }: LoadedDelivery,
): Promise<Authentication> {
  const { authSealed } = webhook;
  if (authSealed === null) return NONE;
  try {
    const auth = openAuth(webhook, deps.composer.sealer);
    if (auth?.type !== 'oauth2') return { kind: 'ready', headers: authHeaders(auth, null), token: null };
    const taken = await deps.tokens.take(
      { webhook, authSealed, client: auth },
      { released: task.released, isRepeat: !mayRenewToken(delivery) },
    );
    switch (taken.kind) {
      case 'token':
        return { kind: 'ready', headers: authHeaders(auth, taken.token.value), token: taken.token };
      case 'wait':
        return taken;
      case 'failure':
        return { kind: 'failed', failure: tokenFailure(taken.code) };
    }
  } catch (error) {
    return { kind: 'failed', failure: failInternally(deps, delivery, error) };
  }
}

/** Removes the token of a request if the receiver has rejected it. Returns whether the request is repeated at once with another one. */
export async function renewsToken(
  { tokens }: DeliverDeps,
  { delivery, webhook }: LoadedDelivery,
  { token, outcome }: { token: AccessToken | null; outcome: SentOutcome },
): Promise<boolean> {
  const isRejected = outcome.kind === 'response' && outcome.status === 401;
  const isReplaced = token !== null && isRejected && (await tokens.reject(webhook.id, token));
  return isReplaced && mayRenewToken(delivery);
}
