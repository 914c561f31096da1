import type { Sealer } from '@posthorn/core';

/** A signing secret as it stands in `webhook.secrets`, newest first. */
export interface SealedSecret {
  sealed: string;
  /** RFC 3339; null for the present one. */
  expiresAt: string | null;
}

/** What a webhook's secrets and headers are sealed with, so that they open for no other webhook. */
export function sealingContext(webhookId: string): string {
  return `webhook:${webhookId}`;
}

/** The secrets that sign at `now`, newest first. */
export function liveSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  now: Date,
  sealer: Sealer,
): string[] {
  return webhook.secrets
    .filter((secret) => secret.expiresAt === null || new Date(secret.expiresAt) > now)
    .map((secret) => sealer.open(secret.sealed, sealingContext(webhook.id)));
}

/** The webhook's own request headers. */
export function openHeaders(
  webhook: { id: string; headersSealed: string | null },
  sealer: Sealer,
): Record<string, string> {
  if (webhook.headersSealed === null) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sealed by us, and nobody else can have
  return JSON.parse(sealer.open(webhook.headersSealed, sealingContext(webhook.id))) as Record<string, string>;
}
