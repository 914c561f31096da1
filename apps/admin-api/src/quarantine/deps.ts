import type { Pool } from '@posthorn/database/connection';
import type { Quarantine } from '@posthorn/flow';

export interface QuarantineDeps {
  pool: Pool;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'state' | 'release'>;
}
