import type { Sealer } from './sealing.js';

/** Most signing secrets of one webhook that are valid at the same time. */
export const MAX_LIVE_SECRETS = 5;

/** A signing secret as stored in `webhook.secrets`, which lists the newest first. */
export interface SealedSecret {
  sealed: string;
  /** RFC 3339; null for the current secret. */
  expiresAt: string | null;
}

/** Returns the sealing context of a webhook's secrets and headers. It prevents opening them for another webhook. */
export function webhookSealingContext(webhookId: string): string {
  return `webhook:${webhookId}`;
}

/** Returns the stored secrets of a new webhook. */
export function sealFirstSecret(webhookId: string, secret: string, sealer: Sealer): SealedSecret[] {
  return [{ sealed: sealer.seal(secret, webhookSealingContext(webhookId)), expiresAt: null }];
}

/**
 * Returns the stored secrets after a rotation: the new one, then the previous ones. A previous secret signs until
 * `overlapEnd`, or until its own expiry if that is earlier. Expired secrets are removed, and the oldest ones above
 * `MAX_LIVE_SECRETS`.
 */
export function rotateSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  next: { secret: string; overlapEnd: Date; now: Date },
  sealer: Sealer,
): SealedSecret[] {
  const overlapEnd = next.overlapEnd.toISOString();
  const previous = webhook.secrets
    .map(({ sealed, expiresAt }) => ({ sealed, expiresAt: expiresAt ?? overlapEnd }))
    .filter(({ expiresAt }) => new Date(expiresAt) > next.now);
  return [...sealFirstSecret(webhook.id, next.secret, sealer), ...previous].slice(0, MAX_LIVE_SECRETS);
}

/** Opens the secrets that are valid at `now`, newest first. */
export function openLiveSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  now: Date,
  sealer: Sealer,
): string[] {
  return webhook.secrets
    .filter((secret) => secret.expiresAt === null || new Date(secret.expiresAt) > now)
    .map((secret) => sealer.open(secret.sealed, webhookSealingContext(webhook.id)));
}
