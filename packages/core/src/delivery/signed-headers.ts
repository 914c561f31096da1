import { encodeId } from '../ids.js';
import { openCustomHeaders } from '../security/custom-headers.js';
import type { Sealer } from '../security/sealing.js';
import { webhookHeaders } from '../security/signing.js';
import { openLiveSecrets, type SealedSecret } from '../security/webhook-secrets.js';

export interface MessageToSign {
  webhook: { id: string; secrets: readonly SealedSecret[]; headersSealed: string | null };
  /** A UUID. */
  eventId: string;
  /** Must be sent exactly as given here. */
  body: string;
  timestamp: Date;
  /** Custom headers may contain credentials: not for a URL of another origin that is not validated yet. */
  withCustomHeaders: boolean;
}

/** Returns all headers of a request to a webhook, signed with each of its live secrets. */
export function signedHeaders(message: MessageToSign, sealer: Sealer): Record<string, string> {
  const { webhook, body, timestamp } = message;
  return webhookHeaders({
    id: encodeId('event', message.eventId),
    timestamp,
    body,
    secrets: openLiveSecrets(webhook, timestamp, sealer),
    headers: message.withCustomHeaders ? openCustomHeaders(webhook, sealer) : {},
  });
}
