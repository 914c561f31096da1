import type { Actor, AuditAction } from '@posthorn/core';
import { recordRepeated } from '@posthorn/database/audit';
import type { Pool } from '@posthorn/database/connection';
import type { Caller } from './authenticate.js';

/** What a person has viewed. */
export interface View {
  action: Extract<AuditAction, `${string}.viewed`>;
  /** Whose data it is. Null for that of all tenants. */
  tenantId: string | null;
  target: string;
  /** Such as the delivery whose request was shown. */
  details?: Record<string, unknown>;
}

const HOUR_MS = 3_600_000;

/**
 * Records that a person reads payloads, in the dashboard or the portal, before they are sent: one entry for each session or link, target and
 * hour. Programs read with API keys, and are not recorded.
 */
export async function recordView(
  { caller, actor }: { caller: Caller; actor: Actor },
  { action, tenantId, target, details = {} }: View,
  pool: Pool,
): Promise<void> {
  if (caller.kind === 'key') return;
  const { text, values } = recordRepeated({
    record: { action, tenantId, target, before: null, after: details },
    actor,
    sameness: [caller.id, target],
    periodMs: HOUR_MS,
    isCounted: false,
  });
  await pool.query(text, values);
}
