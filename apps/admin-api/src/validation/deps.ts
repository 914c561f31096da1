import type { HashingSealer, RequestComposer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { AccessTokens } from '@posthorn/flow';
import type { Sender } from '@posthorn/outbound';
import type { RunChange } from '../calls/changes.js';
import type { ValidationGuard } from '../requests/validation-guard.js';

export interface ValidationDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  sealer: HashingSealer;
  composer: RequestComposer;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  sender: Pick<Sender, 'send'>;
  /** The access tokens of webhooks with OAuth 2.0. */
  tokens: Pick<AccessTokens, 'find' | 'wait' | 'reject'>;
  validations: ValidationGuard;
}
