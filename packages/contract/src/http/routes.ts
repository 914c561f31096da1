import { accountRoutes } from './account-routes.js';
import { apiKeyRoutes } from './api-key-routes.js';
import { attentionRoutes } from './attention-routes.js';
import { auditRoutes } from './audit-routes.js';
import { certificateRoutes } from './certificate-routes.js';
import { deliveryFormatRoutes } from './delivery-format-routes.js';
import { deliveryRoutes } from './delivery-routes.js';
import { egressRoutes } from './egress-routes.js';
import { erasureRoutes } from './erasure-routes.js';
import { eventRoutes } from './event-routes.js';
import { eventTypeRoutes } from './event-type-routes.js';
import { feedRoutes } from './feed-routes.js';
import { importRoutes } from './import-routes.js';
import { notificationRoutes } from './notification-routes.js';
import { overviewRoutes } from './overview-routes.js';
import { portalRoutes } from './portal-routes.js';
import { quarantineRoutes } from './quarantine-routes.js';
import { recoveryRoutes } from './recovery-routes.js';
import { rejectedEventRoutes } from './rejected-event-routes.js';
import { replayRoutes } from './replay-routes.js';
import type { RouteDefinition } from './route.js';
import { searchRoutes } from './search-routes.js';
import { sessionRoutes } from './session-routes.js';
import { statsRoutes } from './stats-routes.js';
import { tenantExportRoutes } from './tenant-export-routes.js';
import { tenantLifecycleRoutes } from './tenant-lifecycle-routes.js';
import { usageRoutes } from './usage-routes.js';
import { webhookAuthRoutes } from './webhook-auth-routes.js';
import { webhookRoutes } from './webhook-routes.js';

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
