import type { HashingSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Smtp } from '@posthorn/email';
import type { RunChange } from '../calls/changes.js';

/** How the API sends emails. */
export interface Email {
  smtp: Smtp;
  from: string;
  operatorEmails: string[];
  /** Signs the links in emails. */
  key: Buffer;
}

export interface NotificationDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  sealer: HashingSealer;
  /** Null if no emails are sent. */
  email: Email | null;
}
