/**
 * The version of everything in PostgreSQL that the requests of a webhook depend on, beside the delivery and its event: whatever changes one
 * of these rows changes the version, so a process may use what it read of the same version. After a failover or a restore, rows can have
 * versions that others had before, so it contains when the server started.
 *
 * - the row of the webhook: URL, secrets, headers, format, timeout, retry schedule, limits
 * - the row of its tenant: the default format
 *
 * Delivery formats do not change: another one has another id.
 */
export const requestVersion = (webhook: string): string =>
  `${webhook}.xmin || '.' || (SELECT t.xmin FROM tenant t WHERE t.id = ${webhook}.tenant_id) || '.' || extract(epoch FROM pg_postmaster_start_time())`;
