import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Request, type RequestHandler, Router } from 'express';
import expressStaticGzip from 'express-static-gzip';
import { PosthornError } from '@posthorn/core';
import type { ApiDeps } from '../deps.js';
import { onRoute } from '../http/request-context.js';
import { createPage } from './page.js';

/** Paths that never lead to the page: whatever is unknown there is a mistake. */
const NO_PAGES = /^\/(?:v1|docs|assets)(?:\/|$)/;

/** The dashboard and the portal: one page, which tells by its path what it shows, and its files. */
export function dashboard({
  dashboardFolder,
  portalFrameAncestors,
}: Pick<ApiDeps, 'dashboardFolder' | 'portalFrameAncestors'>): Router {
  const router = Router();
  const index = path.join(dashboardFolder, 'index.html');
  if (!existsSync(index)) {
    router.get(['/', '/portal'], onRoute('/'), () => {
      throw new PosthornError('not_found', { detail: 'the dashboard is not built: npm run build' });
    });
    return router;
  }

  const sendPage = createPage(readFileSync(index, 'utf8'), portalFrameAncestors);
  const page: RequestHandler = (request, response) => sendPage(response, request.path);
  router.get(['/', '/index.html'], onRoute('/'), page);
  router.use(assertReadable);
  router.use(
    '/assets',
    onRoute('/assets'),
    files(path.join(dashboardFolder, 'assets'), { immutable: true, maxAge: '1y' }),
  );
  router.use(files(dashboardFolder, { maxAge: '1h' }));
  router.get('/{*path}', (request, response, next) => {
    if (!wantsPage(request)) return next();
    onRoute('/')(request, response, () => page(request, response, next));
  });
  return router;
}

/** The files of a folder, compressed where there is such a one beside it. */
const files = (folder: string, serveStatic: { immutable?: boolean; maxAge: string }): RequestHandler =>
  expressStaticGzip(folder, {
    index: false,
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    serveStatic,
  });

/** @throws URIError for what names nothing: express-static-gzip would answer by itself */
const assertReadable: RequestHandler = (request, _response, next) => {
  decodeURIComponent(request.path);
  next();
};

/** A browser that was given an address of the dashboard says that it wants HTML; programs and scripts do not. */
function wantsPage({ path: asked, headers }: Request): boolean {
  return !NO_PAGES.test(asked) && (headers.accept ?? '').includes('text/html');
}
