import type { SealedSecret } from '../security/webhook-secrets.js';
import type { ExhaustedAction } from './ordering.js';
import type { SendingState } from './stop-reason.js';

/** A webhook with its tenant as requests depend on them, read by one statement. */
export interface RequestWebhook extends SendingState {
  id: string;
  /** Changes with everything that its requests depend on. */
  version: string;
  tenantId: string;
  tenantEpoch: number;
  /** Empty for a webhook that is read with its feed: its pending deliveries are of earlier epochs. */
  url: string;
  secrets: SealedSecret[];
  headersSealed: string | null;
  authSealed: string | null;
  /** The client certificate of the webhook or of its tenant. Null for none. */
  clientCertificateId: string | null;
  /** The authorities that the webhook or its tenant trusts. Null for the public ones. */
  caCertificatesId: string | null;
  /** The proxy of its requests. Null for that of the tenant. */
  proxySealed: string | null;
  /** Null for the proxy of the installation. */
  tenantProxySealed: string | null;
  /** CIDRs that it may reach in addition. */
  privateNetworks: string[];
  /** The format of the webhook or of its tenant. Null for the standard format. */
  formatId: string | null;
  /** Delay after each failed attempt, in seconds. Null for the default schedule. */
  retrySchedule: number[] | null;
  timeoutMs: number;
  rateLimit: { limit: number; perSeconds: number } | null;
  maxInFlight: number;
  onExhausted: ExhaustedAction;
  maxBlockedMinutes: number;
  /** When the current URL was validated. */
  validatedAt: Date | null;
  /** Its deliveries use the slow lane. */
  isSlow: boolean;
  /** The first failure since the last success. */
  failingSince: Date | null;
}

/** The same with what only validation requests depend on. */
export interface ValidatedWebhook extends RequestWebhook {
  pendingUrl: string | null;
  headersApprovedOrigin: string | null;
}

/** The webhook that a request is for, and its tenant. */
export type WebhookIdentity = Pick<RequestWebhook, 'id' | 'tenantId'>;
