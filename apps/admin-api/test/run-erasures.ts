import type { Pool } from '@posthorn/database/connection';
import { advanceErasure, listRunningErasures } from '@posthorn/database/erasures';

/** Runs all erasures to their ends, as if requests in flight had ended and usage were counted. */
export async function runErasures(pool: Pool): Promise<void> {
  const deps = {
    pool,
    erasePushes: async () => true,
    rewriteFiles: async () => 0,
    onDropped: async () => {},
  };
  for (;;) {
    const [erasure] = await listRunningErasures(pool);
    if (!erasure) return;
    if (await advanceErasure(erasure, deps)) continue;
    await pool.query(`UPDATE settled_delivery SET settled_at = settled_at - interval '1 hour'`);
    await pool.query(`UPDATE erasure SET quiet_at = now() - interval '1 second' WHERE quiet_at > now()`);
    await pool.query('DELETE FROM usage_late');
    await pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
  }
}
