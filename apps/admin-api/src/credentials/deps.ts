import type { Quotas } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { RunChange } from '../calls/changes.js';

export interface CredentialDeps {
  prisma: PrismaDb;
  change: RunChange;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  /** Until when URLs may be attested. Null for never. */
  attestationUntil: Date | null;
  /** Whether people can sign in with an API key. */
  keySignIn: boolean;
  /** Origin at which browsers reach this API, if configured: `https://hooks.example`. */
  publicOrigin: string | null;
  /** Null if no emails are sent. */
  email: object | null;
}
