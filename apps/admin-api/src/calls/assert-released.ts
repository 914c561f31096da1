import { PosthornError } from '@posthorn/core';
import type { Quarantine } from '@posthorn/flow';

interface Deps {
  quarantine: Pick<Quarantine, 'state'>;
}

const QUARANTINED =
  'The database was restored, and erased data may be back. Repeat the erasures with `posthorn erasures replay`, or release the database.';

/** @throws PosthornError if erased data may be back in the database */
export function assertReleased({ quarantine }: Deps): void {
  if (quarantine.state === 'quarantined') throw new PosthornError('unavailable', { detail: QUARANTINED });
  assertChecked({ quarantine });
}

/** @throws PosthornError if it is not known yet whether erased data may be back in the database */
export function assertChecked({ quarantine }: Deps): void {
  if (quarantine.state === 'unknown')
    throw new PosthornError('unavailable', {
      detail: 'It is being checked whether the database was restored. This needs Redis',
    });
}
