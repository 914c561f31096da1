import type { Client } from 'pg';

/** The SQLSTATE insufficient_privilege. */
const INSUFFICIENT_PRIVILEGE = '42501';

const ADVICE = 'See "A PostgreSQL role for Posthorn" in docs/servers.md.';

/**
 * Checks that the role owns Posthorn's tables: it migrates them, and a producer creates and drops their partitions.
 * @throws Error with a one-line message
 */
export async function assertOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ owner: string; role: string; owns: boolean }>(
    `SELECT pg_get_userbyid(relowner) AS owner, current_user AS role, pg_has_role(relowner, 'USAGE') AS owns
     FROM pg_class WHERE oid = to_regclass('event')`,
  );
  const [table] = rows;
  if (table && !table.owns)
    throw new Error(
      `the PostgreSQL role ${table.role} does not own the tables, ${table.owner} does. ${ADVICE}`,
    );
}

/** Returns the error to throw: with advice if PostgreSQL refused a statement because of missing permissions. */
export function describeRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || !isRefusal(error)) return error;
  return new Error(`the PostgreSQL role has too few permissions: ${error.message}. ${ADVICE}`, {
    cause: error,
  });
}

function isRefusal(error: Error): boolean {
  if ('code' in error && error.code === INSUFFICIENT_PRIVILEGE) return true;
  return error.cause instanceof Error && isRefusal(error.cause);
}
