/**
 * Returns SQL that revokes the keys of the feeds of deleted webhooks: they could read nothing any more, and would still count toward the
 * quota of the tenant.
 * @param webhookIds a list or a subquery
 */
export const revokeFeedKeys = (webhookIds: string): string =>
  `UPDATE api_key SET revoked_at = now() WHERE webhook_id IN (${webhookIds}) AND revoked_at IS NULL`;
