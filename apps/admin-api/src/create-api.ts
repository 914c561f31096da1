import express, { type Express } from 'express';
import { OPERATION_IDS, type OperationId, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { dashboard } from './pages/dashboard.js';
import type { ApiDeps } from './deps.js';
import { docs } from './pages/docs.js';
import { accessLog } from './http/access-log.js';
import { feedPollsGauge } from './feed/feed-polls-gauge.js';
import { createAuthenticator } from './http/authenticate.js';
import { createCallLimiter } from './http/call-limiter.js';
import { type CallControl, endpoint } from './http/endpoint.js';
import { createAddressLimiter } from './http/address-limiter.js';
import { handleError, methodNotAllowed, routeNotFound } from './http/error-handlers.js';
import { beginRequest, onRoute, setRequestId } from './http/request-context.js';
import { securityHeaders } from './http/security-headers.js';
import { traceRequests } from './http/trace-requests.js';
import { mailPages } from './notifications/mail-pages.js';
import { operationalRoutes } from './monitoring/operational-routes.js';
import { queueDepthGauge } from './monitoring/queue-depth-gauge.js';
import { signInRoutes } from './single-sign-on/sign-in-routes.js';
import { queuesPage } from './pages/queues-page.js';
import { VERSION } from './version.js';

/** Creates the API as an Express application, from the table of routes. */
export function createApi(deps: ApiDeps): Express {
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
  registerRoutes(app, deps, { authenticator, beginCall: createCallLimiter(deps.callLimits) });
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

function registerRoutes(app: Express, deps: ApiDeps, control: CallControl): void {
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
