import type { Sealer } from './sealing.js';
import { webhookSealingContext } from './webhook-secrets.js';

/** Returns a webhook's custom request headers as stored, or null for an empty object. */
export function sealCustomHeaders(
  webhookId: string,
  headers: Record<string, string>,
  sealer: Sealer,
): string | null {
  if (Object.keys(headers).length === 0) return null;
  return sealer.seal(JSON.stringify(headers), webhookSealingContext(webhookId));
}

/** Opens a webhook's custom request headers. */
export function openCustomHeaders(
  webhook: { id: string; headersSealed: string | null },
  sealer: Sealer,
): Record<string, string> {
  if (webhook.headersSealed === null) return {};
  const headers = sealer.open(webhook.headersSealed, webhookSealingContext(webhook.id));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authenticated: sealed by sealCustomHeaders
  return JSON.parse(headers) as Record<string, string>;
}
