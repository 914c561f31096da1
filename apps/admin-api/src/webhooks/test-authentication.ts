import { PosthornError, reason, TOKEN_FAILURES } from '@posthorn/core';
import { audit } from '@posthorn/database/audit/prisma';
import { endTokenPause } from '@posthorn/database/webhooks';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { isUnconfirmed, tokenWebhook } from '../requests/access-token.js';
import type { Handler } from '../calls/handler.js';
import { webhookChanged } from '../requests/send-if-unchanged.js';
import type { WebhookDeps } from './deps.js';
import { webhookNotFound } from './webhook-errors.js';
import { readWebhook } from './webhook-read.js';

/**
 * Requests an access token, which is not kept; if there is one, the deliveries that wait for a token continue. Nobody has agreed to these
 * requests, so those without a token count as unconfirmed.
 */
export const testAuthentication: Handler<'testAuthentication', WebhookDeps> = async (
  { caller, actor, params },
  deps,
) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const owner = tokenWebhook((await readWebhook(webhook.id, deps)).webhook, deps);
  if (owner === null) throw new PosthornError('invalid_state', { reason: reason('auth_without_token') });
  const { id: webhookId, tenantId } = webhook;
  const request = await deps.validations.begin({ webhookId, tenantId, url: owner.client.tokenUrl });
  try {
    await audit(deps.prisma, actor, {
      action: 'webhook.authentication_tested',
      tenantId,
      target: webhookId,
      before: null,
      after: { tokenUrl: owner.client.tokenUrl },
    });
    request.keep(true);
    const result = await deps.tokens.test(owner, request.admits);
    request.assertAdmitted();
    request.keep(isUnconfirmed(result));
    if (result.kind === 'not_started' || result.kind === 'changed') throw webhookChanged();
    if (result.kind === 'token') {
      await endTokenPause(deps.pool, { webhookId, authSealed: owner.authSealed });
      return { status: 200, body: { succeeded: true, error: null } };
    }
    const error = { code: result.code, message: TOKEN_FAILURES[result.code] };
    return { status: 200, body: { succeeded: false, error } };
  } finally {
    await request.end();
  }
};
