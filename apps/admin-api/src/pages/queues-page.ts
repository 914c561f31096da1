import { type Express, type RequestHandler, Router } from 'express';
import { PosthornError } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { InspectedQueue, QueueInspector } from '@posthorn/queue';
import { recordView, type View } from '../access/record-view.js';
import { authorize, type Authenticator } from '../access/authenticate.js';
import { credentialOf } from '../access/credential.js';
import { actorOf, holderOf } from '../calls/endpoint.js';
import { methodNotAllowed, routeNotFound } from '../http/error-handlers.js';
import { toPosthornError } from '../http/problem-response.js';
import { contextOf, onRoute } from '../http/request-context.js';
import { FONTS_STYLESHEET, queuesPageFonts } from './queues-page-fonts.js';

const PATH = '/admin/queues';

const VIEW: View = { action: 'queues.viewed', tenantId: null, target: 'queues' };

/** The two style elements that bull-board creates: of its Redis logo, and of its menus. */
const INLINE_STYLES = [
  "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='",
  "'sha256-kLmvWqfziFavKtqHqRsb90f006UAK2Dmd0It5Iz2KFA='",
];

/** Allows only files from this server, and nothing else inline. `<base>` points to its own path. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  ['style-src', "'self'", ...INLINE_STYLES].join(' '),
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface QueuesPageDeps {
  queueInspector: QueueInspector;
  publicOrigin: string | null;
  pool: Pool;
}

/** Serves bull-board for the queues in Redis. Admins of all tenants only: pushed jobs contain customer data. */
export function queuesPage(
  { queueInspector, ...deps }: QueuesPageDeps,
  authenticator: Authenticator,
): Router {
  const router = Router();
  router.use(
    PATH,
    onRoute(PATH),
    allowOnlyReads,
    admit(authenticator, deps),
    queuesPageFonts(),
    show(queueInspector),
    routeNotFound,
  );
  return router;
}

/** Records that a person views the queues, also for files of the page: which paths show jobs is up to bull-board. */
function admit(
  authenticator: Authenticator,
  { publicOrigin, pool }: Omit<QueuesPageDeps, 'queueInspector'>,
): RequestHandler {
  return async (request, response, next) => {
    const context = contextOf(response);
    const caller = await authenticator.authenticate(
      credentialOf(request, publicOrigin),
      context.clientAddress,
    );
    context.holder = holderOf(caller);
    authorize(caller, { scope: 'admin', tenancy: 'all' });
    await recordView({ caller, actor: actorOf(caller, context) }, VIEW, pool);
    next();
  };
}

function show(queueInspector: QueueInspector): RequestHandler {
  let board: Promise<Express> | undefined;
  return async (request, response, next) => {
    const queues = await readQueues(queueInspector);
    board ??= createBoard(queues);
    const handle = await board;
    const render = (view: string, options: object) => {
      handle.render(view, options, (error: unknown, html: string) => {
        if (error) return next(error);
        response.send(withOwnFonts(html));
      });
    };
    Object.assign(response, { render });
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    response.setHeader('cache-control', 'no-store');
    handle(request, response, next);
  };
}

/** Replaces Google Fonts in the page of bull-board, and removes the inline styles of its loading screen. */
const withOwnFonts = (html: string): string =>
  html
    .replace(/https:\/\/fonts\.googleapis\.com[^"]*/, FONTS_STYLESHEET)
    .replaceAll(/<style>[^<]*<\/style>| style="[^"]*"/g, '');

const notAllowed = methodNotAllowed(['get', 'head']);

/** bull-board changes state only with PUT, POST, PATCH and DELETE. */
const allowOnlyReads: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  return notAllowed(request, response, next);
};

/** Loads bull-board on demand: most processes never serve it. */
async function createBoard(queues: readonly InspectedQueue[]): Promise<Express> {
  const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/express'),
  ]);
  const serverAdapter = new ExpressAdapter().setBasePath(PATH);
  createBullBoard({
    queues: queues.map(({ queue, shard }) => {
      // bull-board groups queues by the text before the delimiter.
      const prefix = shard === null ? '' : `shard-${shard}.`;
      return new BullMQAdapter(queue, { readOnlyMode: true, prefix, delimiter: '.' });
    }),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Posthorn queues',
        hideDocsLink: true,
        // Would list all Redis clients for each queue every few seconds.
        showWorkers: false,
        miscLinks: [{ text: 'Dashboard', url: '/' }],
      },
    },
  });
  serverAdapter.setErrorHandler(rethrow);
  const app = serverAdapter.getRouter();
  app.disable('x-powered-by');
  return app;
}

async function readQueues(queueInspector: QueueInspector): Promise<InspectedQueue[]> {
  try {
    return await queueInspector.queues();
  } catch (error) {
    throw redisUnavailable(error);
  }
}

/** Rethrows errors of bull-board, which would respond in its own format. It only reads Redis, so unexpected errors come from there. */
function rethrow(error: unknown): never {
  const failure = toPosthornError(error);
  throw failure.code === 'internal_error' ? redisUnavailable(error) : failure;
}

const redisUnavailable = (cause: unknown): PosthornError =>
  new PosthornError('unavailable', { detail: 'Redis is unavailable, so the queues cannot be shown', cause });
