import { newId } from '../ids.js';
import type { Sealer } from './sealing.js';

/** Most signing secrets of one webhook that are valid at the same time. */
export const MAX_LIVE_SECRETS = 5;

/** A signing secret as stored in `webhook.secrets`, which lists the newest first. */
export interface SealedSecret {
  /** A UUIDv7, which contains the time of creation. */
  id: string;
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
  return [{ id: newId(), sealed: sealer.seal(secret, webhookSealingContext(webhookId)), expiresAt: null }];
}

/**
 * Returns the stored secrets after a rotation: the new one, then the previous ones. A previous secret signs until
 * `overlapEnd`, or until its own expiry if that is earlier. Expired secrets are removed, and the oldest ones above
 * `MAX_LIVE_SECRETS`. One that is the same as the new one is replaced: the call may repeat one whose response was lost.
 */
export function rotateSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  next: { secret: string; overlapEnd: Date; now: Date },
  sealer: Sealer,
): SealedSecret[] {
  const isOther = ({ sealed }: SealedSecret) =>
    sealer.open(sealed, webhookSealingContext(webhook.id)) !== next.secret;
  const previous = webhook.secrets.map((secret) => ({
    ...secret,
    expiresAt: isLive(secret, next.overlapEnd) ? next.overlapEnd.toISOString() : secret.expiresAt,
  }));
  const added = sealFirstSecret(webhook.id, next.secret, sealer);
  return [...added, ...liveSecrets(previous, next.now).filter(isOther)].slice(0, MAX_LIVE_SECRETS);
}

/**
 * Returns the stored secrets after one of them was ended. If it was the current secret, the newest of the others becomes the
 * current one, so that the webhook never runs out of secrets.
 */
export function endSecret(
  secrets: readonly SealedSecret[],
  id: string,
  now: Date,
): SealedSecret[] | 'not_found' | 'last_secret' {
  const live = liveSecrets(secrets, now);
  const [newest, ...others] = live.filter((secret) => secret.id !== id);
  if (!live.some((secret) => secret.id === id)) return 'not_found';
  return newest ? [{ ...newest, expiresAt: null }, ...others] : 'last_secret';
}

/** Returns the secrets that are valid at `now`, newest first. */
export function liveSecrets(secrets: readonly SealedSecret[], now: Date): SealedSecret[] {
  return secrets.filter((secret) => isLive(secret, now));
}

function isLive({ expiresAt }: SealedSecret, now: Date): boolean {
  return expiresAt === null || new Date(expiresAt) > now;
}

/** Returns whether two reads of a webhook have the same secrets, so that a signature made after one is right after the other. */
export function hasSameSecrets(a: readonly SealedSecret[], b: readonly SealedSecret[]): boolean {
  return a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);
}

/** Opens the secrets that are valid at `now`, newest first. */
export function openLiveSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  now: Date,
  sealer: Sealer,
): string[] {
  return liveSecrets(webhook.secrets, now).map(({ sealed }) =>
    sealer.open(sealed, webhookSealingContext(webhook.id)),
  );
}
