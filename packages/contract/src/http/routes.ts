import { accountRoutes } from './account-routes.js';
import { attentionRoutes } from './attention-routes.js';
import { auditRoutes } from './audit-routes.js';
import { deliveryFormatRoutes } from './delivery-format-routes.js';
import { deliveryRoutes } from './delivery-routes.js';
import { eventRoutes } from './event-routes.js';
import { eventTypeRoutes } from './event-type-routes.js';
import { feedRoutes } from './feed-routes.js';
import { importRoutes } from './import-routes.js';
import { notificationRoutes } from './notification-routes.js';
import { overviewRoutes } from './overview-routes.js';
import { portalRoutes } from './portal-routes.js';
import { recoveryRoutes } from './recovery-routes.js';
import { rejectedEventRoutes } from './rejected-event-routes.js';
import { replayRoutes } from './replay-routes.js';
import type { RouteDefinition } from './route.js';
import { searchRoutes } from './search-routes.js';
import { sessionRoutes } from './session-routes.js';
import { statsRoutes } from './stats-routes.js';
import { webhookRoutes } from './webhook-routes.js';

/** Every operation of the API, by operation id. The most frequent come first: routers match in this order. */
export const ROUTES = {
  ...eventRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...feedRoutes,
  ...deliveryFormatRoutes,
  ...replayRoutes,
  ...recoveryRoutes,
  ...eventTypeRoutes,
  ...accountRoutes,
  ...importRoutes,
  ...rejectedEventRoutes,
  ...searchRoutes,
  ...auditRoutes,
  ...statsRoutes,
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
