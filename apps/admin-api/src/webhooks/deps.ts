import type { HashingSealer, Quotas, RequestComposer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { AccessTokens, FenceStore } from '@posthorn/flow';
import type { OutboundRules, Sender } from '@posthorn/outbound';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';
import type { ValidationGuard } from '../requests/validation-guard.js';

export interface WebhookDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  history: PrismaDb;
  sealer: HashingSealer;
  composer: RequestComposer;
  fences: Pick<FenceStore, 'raise'>;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  sender: Pick<Sender, 'send'>;
  /** The access tokens of webhooks with OAuth 2.0. */
  tokens: Pick<AccessTokens, 'find' | 'wait' | 'test' | 'reject'>;
  outbound: OutboundRules;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  validations: ValidationGuard;
  /** Until when URLs may be attested. Null for never. */
  attestationUntil: Date | null;
  /** The longest time that a webhook may let a delivery block others: the retention, but at least the default. */
  maxBlockedMinutes: number;
  logger: Logger;
}
