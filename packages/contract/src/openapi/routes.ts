import { accountRoutes } from '../tenants/account-routes.js';
import { apiKeyRoutes } from '../access/api-key-routes.js';
import { attentionRoutes } from '../monitoring/attention-routes.js';
import { auditRoutes } from '../monitoring/audit-routes.js';
import { certificateRoutes } from '../tenants/certificate-routes.js';
import { deliveryFormatRoutes } from '../webhooks/delivery-format-routes.js';
import { deliveryRoutes } from '../deliveries/delivery-routes.js';
import { egressRoutes } from '../tenants/egress-routes.js';
import { erasureRoutes } from '../tenants/erasure-routes.js';
import { eventRoutes } from '../events/event-routes.js';
import { eventTypeRoutes } from '../events/event-type-routes.js';
import { feedRoutes } from '../events/feed-routes.js';
import { importRoutes } from '../imports/import-routes.js';
import { notificationRoutes } from '../monitoring/notification-routes.js';
import { overviewRoutes } from '../monitoring/overview-routes.js';
import { portalRoutes } from '../access/portal-routes.js';
import { quarantineRoutes } from '../deliveries/quarantine-routes.js';
import { recoveryRoutes } from '../deliveries/recovery-routes.js';
import { rejectedEventRoutes } from '../events/rejected-event-routes.js';
import { replayRoutes } from '../deliveries/replay-routes.js';
import type { RouteDefinition } from '../routes/route.js';
import { searchRoutes } from '../events/search-routes.js';
import { sessionRoutes } from '../access/session-routes.js';
import { statsRoutes } from '../monitoring/stats-routes.js';
import { tenantExportRoutes } from '../tenants/tenant-export-routes.js';
import { tenantLifecycleRoutes } from '../tenants/tenant-lifecycle-routes.js';
import { usageRoutes } from '../tenants/usage-routes.js';
import { webhookAuthRoutes } from '../webhooks/webhook-auth-routes.js';
import { webhookRoutes } from '../webhooks/webhook-routes.js';

/** Every operation of the API, by operation id. The most frequent come first: routers match in this order. */
export const ROUTES = {
  ...eventRoutes,
  ...webhookRoutes,
  ...webhookAuthRoutes,
  ...deliveryRoutes,
  ...feedRoutes,
  ...deliveryFormatRoutes,
  ...certificateRoutes,
  ...replayRoutes,
  ...recoveryRoutes,
  ...eventTypeRoutes,
  ...accountRoutes,
  ...apiKeyRoutes,
  ...tenantExportRoutes,
  ...tenantLifecycleRoutes,
  ...egressRoutes,
  ...erasureRoutes,
  ...quarantineRoutes,
  ...importRoutes,
  ...rejectedEventRoutes,
  ...searchRoutes,
  ...auditRoutes,
  ...statsRoutes,
  ...usageRoutes,
  ...notificationRoutes,
  ...overviewRoutes,
  ...attentionRoutes,
  ...sessionRoutes,
  ...portalRoutes,
} as const satisfies Record<string, RouteDefinition>;

export type Routes = typeof ROUTES;
export type OperationId = keyof Routes;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
export const OPERATION_IDS = Object.keys(ROUTES) as OperationId[];
