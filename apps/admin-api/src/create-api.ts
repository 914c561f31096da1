import express, { type Express } from 'express';
import { OPERATION_IDS, type OperationId, type RouteDefinition, ROUTES } from '@posthorn/contract';
import type { Tracing } from '@posthorn/runtime';
import { type AuthenticatorDeps, createAuthenticator } from './access/authenticate.js';
import { type CallLimits, createCallLimiter } from './access/call-limiter.js';
import { type CallControl, type CallDeps, endpoint } from './calls/endpoint.js';
import { feedPollsGauge, type FeedPollsGaugeDeps } from './feed/feed-polls-gauge.js';
import { accessLog } from './http/access-log.js';
import { createAddressLimiter } from './http/address-limiter.js';
import { handleError, methodNotAllowed, routeNotFound } from './http/error-handlers.js';
import { beginRequest, onRoute, setRequestId } from './http/request-context.js';
import { securityHeaders } from './http/security-headers.js';
import { traceRequests } from './http/trace-requests.js';
import type { MonitoringDeps } from './monitoring/deps.js';
import { operationalRoutes } from './monitoring/operational-routes.js';
import { queueDepthGauge } from './monitoring/queue-depth-gauge.js';
import { mailPages } from './notifications/mail-pages.js';
import { dashboard, type DashboardDeps } from './pages/dashboard.js';
import { docs } from './pages/docs.js';
import { queuesPage, type QueuesPageDeps } from './pages/queues-page.js';
import type { SingleSignOnDeps } from './single-sign-on/deps.js';
import { signInRoutes } from './single-sign-on/sign-in-routes.js';
import { createOperations, type OperationDeps } from './operations.js';
import { VERSION } from './version.js';

/** What the parts of the API use. */
export type ApiParts = OperationDeps &
  CallDeps &
  AuthenticatorDeps &
  FeedPollsGaugeDeps &
  MonitoringDeps &
  SingleSignOnDeps &
  DashboardDeps &
  QueuesPageDeps & {
    /** Null if tracing is off. */
    tracing: Tracing | null;
    callLimits: CallLimits;
    /** Networks (CIDRs) of trusted proxies, whose X-Forwarded-For header is used. */
    trustProxy: string[];
    /** Invalid API keys accepted from one client per minute before 429. */
    authFailuresPerMinute: number;
  };

/** Creates the API as an Express application, from the table of routes. */
export function createApi(deps: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustProxy);
  queueDepthGauge(deps);
  feedPollsGauge(deps);

  app.use(beginRequest(deps.publicOrigin), accessLog(deps));
  if (deps.tracing) app.use(traceRequests(deps.tracing));
  // Only failures are counted, so no client can lock out a valid key from the same address.
  const recordAuthFailure = createAddressLimiter(deps.authFailuresPerMinute);
  const authenticator = createAuthenticator(deps, recordAuthFailure);
  const operations = createOperations(deps);
  registerRoutes(app, deps, { authenticator, beginCall: createCallLimiter(deps.callLimits), operations });
  app.use(
    setRequestId,
    securityHeaders,
    operationalRoutes(deps, VERSION, recordAuthFailure),
    signInRoutes(deps, recordAuthFailure),
    docs(),
    queuesPage(deps, authenticator),
    mailPages(deps),
    dashboard(deps),
  );
  app.use(routeNotFound);
  app.use(handleError);
  return app;
}

/** Most calls publish. The router compares the paths in turn. */
const FIRST: readonly OperationId[] = ['publishEvent', 'publishBatch'];

function registerRoutes(app: Express, deps: CallDeps, control: CallControl): void {
  for (const path of new Set([...FIRST, ...OPERATION_IDS].map((id) => ROUTES[id].path))) {
    const operationIds = OPERATION_IDS.filter((id) => ROUTES[id].path === path);
    const route = app.route(path).all(onRoute(path));
    // HEAD makes no sense for a stream.
    if (operationIds.some((id) => isStream(ROUTES[id]))) route.head(methodNotAllowed(['get']));
    for (const id of operationIds) route[ROUTES[id].method](endpoint(id, deps, control));
    route.all(methodNotAllowed(allowedMethods(operationIds.map((id) => ROUTES[id]))));
  }
}

/** Express responds to HEAD as to GET, without the body. */
function allowedMethods(routes: readonly RouteDefinition[]): string[] {
  const methods = routes.map(({ method }) => method);
  return methods.includes('get') && !routes.some(isStream) ? [...methods, 'head'] : methods;
}

const isStream = ({ responses }: RouteDefinition): boolean =>
  Object.values(responses).some(({ stream, body, rowTypes }) => stream || (body === null && rowTypes));
