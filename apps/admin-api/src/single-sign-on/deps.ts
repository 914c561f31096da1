import type { HashingSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';
import type { UploadSpeed } from '../http/receive-bytes.js';
import type { SingleSignOn } from './single-sign-on.js';

export interface SingleSignOnDeps {
  pool: Pool;
  change: RunChange;
  sealer: HashingSealer;
  /** Slower uploads end with 408. */
  slowestUpload: UploadSpeed;
  logger: Logger;
  /** Null if it is not configured. */
  singleSignOn: SingleSignOn | null;
  /** Whether people can sign in with an API key. */
  keySignIn: boolean;
}
