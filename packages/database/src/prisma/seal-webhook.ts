import type { Sealer } from '@posthorn/core';
import { type SealedSecret, sealingContext } from '../webhook-secrets.js';

/** Most secrets of one webhook that sign at the same time. */
export const MAX_LIVE_SECRETS = 5;

/** A webhook's first signing secret. */
export function firstSecret(webhookId: string, secret: string, sealer: Sealer): SealedSecret[] {
  return [{ sealed: sealer.seal(secret, sealingContext(webhookId)), expiresAt: null }];
}

/**
 * The secrets after a rotation: the new one, then those before it, which sign until `overlapEnd` or their own earlier
 * end. Ended ones are left out, and the oldest beyond `MAX_LIVE_SECRETS`.
 */
export function rotatedSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  next: { secret: string; overlapEnd: Date; now: Date },
  sealer: Sealer,
): SealedSecret[] {
  const overlapEnd = next.overlapEnd.toISOString();
  const previous = webhook.secrets
    .map(({ sealed, expiresAt }) => ({ sealed, expiresAt: expiresAt ?? overlapEnd }))
    .filter(({ expiresAt }) => new Date(expiresAt) > next.now);
  return [...firstSecret(webhook.id, next.secret, sealer), ...previous].slice(0, MAX_LIVE_SECRETS);
}

/** Custom headers as they are stored, null for none. */
export function sealHeaders(
  webhookId: string,
  headers: Record<string, string>,
  sealer: Sealer,
): string | null {
  if (Object.keys(headers).length === 0) return null;
  return sealer.seal(JSON.stringify(headers), sealingContext(webhookId));
}
