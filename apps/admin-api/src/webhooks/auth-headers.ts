import {
  authHeaderName,
  type FieldError,
  fieldError,
  openAuth,
  openCustomHeaders,
  PosthornError,
  type Sealer,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';

/**
 * Returns the errors of an authentication whose header is also a custom header. Neither may `Authorization` be one beside it.
 * @param header the name of the header with the credentials
 */
export function authHeaderErrors(header: string, customNames: readonly string[]): FieldError[] {
  const taken = new Set(['authorization', header.toLowerCase()]);
  return customNames
    .filter((name) => taken.has(name.toLowerCase()))
    .map((name) => fieldError('auth', 'header_of_auth', { header: name }));
}

/** @throws PosthornError if a header of a webhook is set by its custom headers and by its authentication */
export function assertSeparateHeaders(
  webhook: Pick<WebhookRecord, 'id' | 'headersSealed' | 'authSealed'>,
  sealer: Sealer,
): void {
  const auth = openAuth(webhook, sealer);
  if (auth === null) return;
  const names = Object.keys(openCustomHeaders(webhook, sealer));
  const errors = authHeaderErrors(authHeaderName(auth), names);
  if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
}
