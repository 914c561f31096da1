import { bindHandlers } from '../calls/bind-handlers.js';
import type { EgressDeps } from './deps.js';
import { getTenantEgress, putTenantEgress, getWebhookEgress, putWebhookEgress } from './egress.js';

/** Creates the handlers of the routes of requests to receivers. */
export const createEgressHandlers = (deps: EgressDeps) =>
  bindHandlers({ getTenantEgress, putTenantEgress, getWebhookEgress, putWebhookEgress }, deps);
