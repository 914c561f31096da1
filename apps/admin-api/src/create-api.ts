import express, { type Express } from 'express';
import helmet from 'helmet';
import { OPERATION_IDS, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { dashboard } from './dashboard/dashboard.js';
import type { ApiDeps } from './deps.js';
import { docs } from './docs.js';
import { accessLog } from './http/access-log.js';
import { type Callers, createCallers } from './http/authenticate.js';
import { endpoint } from './http/endpoint.js';
import { createFailedKeys } from './http/failed-keys.js';
import { failureAnswer, otherMethods, unknownRoute } from './http/failures.js';
import { beginRequest, onRoute } from './http/request-context.js';
import { traceRequests } from './http/trace-requests.js';
import { operations } from './operations.js';
import { queueDepthGauge } from './queue-depth-gauge.js';
import { queuesPage } from './queues-page.js';
import { VERSION } from './version.js';

/** JSON needs nothing from anywhere. Pages have policies of their own. */
const HEADERS = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
});

/** The whole API as an Express application, made from the table of routes. */
export function createApi(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustProxy);
  queueDepthGauge(deps);

  app.use(beginRequest, accessLog(deps), HEADERS);
  if (deps.tracing) app.use(traceRequests(deps.tracing));
  const noteFailedKey = createFailedKeys(deps.authFailuresPerMinute);
  const callers = createCallers(deps.pool, noteFailedKey);
  registerRoutes(app, deps, callers);
  app.use(operations(deps, VERSION, noteFailedKey), docs(), queuesPage(deps, callers), dashboard(deps));
  app.use(unknownRoute);
  app.use(failureAnswer);
  return app;
}

function registerRoutes(app: Express, deps: ApiDeps, callers: Callers): void {
  for (const path of new Set(OPERATION_IDS.map((id) => ROUTES[id].path))) {
    const operationIds = OPERATION_IDS.filter((id) => ROUTES[id].path === path);
    const route = app.route(path).all(onRoute(path));
    // A stream is nothing without its events.
    if (operationIds.some((id) => isStream(ROUTES[id]))) route.head(otherMethods(['get']));
    for (const id of operationIds) route[ROUTES[id].method](endpoint(id, deps, callers));
    route.all(otherMethods(operationIds.map((id) => ROUTES[id].method)));
  }
}

const isStream = ({ answers }: RouteDefinition): boolean =>
  Object.values(answers).some(({ stream }) => stream);
