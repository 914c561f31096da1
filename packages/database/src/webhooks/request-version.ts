/**
 * The version of everything in PostgreSQL that the requests of a webhook depend on, beside the delivery and its event: whatever changes one
 * of these rows changes the version, so a process may use what it read of the same version. After a failover or a restore, rows can have
 * versions that others had before, so it contains when the server started.
 *
 * - the row of the webhook: URL, secrets, headers, proxy, format, certificates, timeout, retry schedule, limits
 * - the row of its tenant: status and epoch, the default format, the proxy, the private networks and certificates
 *
 * Delivery formats and certificates do not change: another one has another id.
 * @param tenantVersion the version of the row of the tenant, for a statement that has joined it
 */
export const requestVersion = (
  webhook: string,
  tenantVersion = `(SELECT t.xmin FROM tenant t WHERE t.id = ${webhook}.tenant_id)`,
): string =>
  `${webhook}.xmin || '.' || ${tenantVersion} || '.' || extract(epoch FROM pg_postmaster_start_time())`;
