import type { HashingSealer } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { AccessTokens } from '@posthorn/flow';
import type { OutboundRules } from '@posthorn/outbound';
import type { ValidationGuard } from '../requests/validation-guard.js';

export interface RequestDeps {
  prisma: PrismaDb;
  sealer: HashingSealer;
  /** The access tokens of webhooks with OAuth 2.0. */
  tokens: Pick<AccessTokens, 'find' | 'wait' | 'reject'>;
  outbound: OutboundRules;
  validations: ValidationGuard;
}
