import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Request, type RequestHandler, Router } from 'express';
import expressStaticGzip from 'express-static-gzip';
import { PosthornError } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { onRoute } from '../http/request-context.js';
import { createPage, type SendPage } from './page.js';
import { createPortalSettingsReader, type ReadPortalSettings } from './portal-settings.js';

/** Paths that never serve the page: unknown paths below them are 404. */
const NO_PAGES = /^\/(?:v1|docs|assets)(?:\/|$)/;

export interface DashboardDeps {
  /** Folder of the built dashboard: index.html, and assets/ with hashed names. */
  dashboardFolder: string;
  /** Origins that may embed the portal in a frame. */
  portalFrameAncestors: string[];
  lookupPool: Pool;
  lookupTimeoutMs: number;
}

/** Serves the dashboard and the portal: one page with client-side routing, and its files. */
export function dashboard({
  dashboardFolder,
  portalFrameAncestors,
  lookupPool,
  lookupTimeoutMs,
}: DashboardDeps): Router {
  const router = Router();
  const index = path.join(dashboardFolder, 'index.html');
  if (!existsSync(index)) {
    router.get(['/', '/portal'], onRoute('/'), () => {
      throw new PosthornError('not_found', { detail: 'The dashboard is not built. Run npm run build.' });
    });
    return router;
  }

  const sendPage = createPage(readFileSync(index, 'utf8'), portalFrameAncestors);
  const readSettings = createPortalSettingsReader(lookupPool, lookupTimeoutMs);
  const page = pageHandler(sendPage, readSettings);
  router.get(['/', '/index.html'], onRoute('/'), page);
  router.use(assertDecodablePath);
  router.use(
    '/assets',
    onRoute('/assets'),
    files(path.join(dashboardFolder, 'assets'), { immutable: true, maxAge: '1y' }),
  );
  router.use(files(dashboardFolder, { maxAge: '1h' }));
  router.get('/{*path}', onlyPages, onRoute('/'), page);
  return router;
}

const pageHandler =
  (sendPage: SendPage, readSettings: ReadPortalSettings): RequestHandler =>
  async (request, response) =>
    sendPage(response, await readSettings(request));

const onlyPages: RequestHandler = (request, _response, next) =>
  next(wantsPage(request) ? undefined : 'route');

/** Serves the files of a folder, precompressed where available. */
const files = (folder: string, serveStatic: { immutable?: boolean; maxAge: string }): RequestHandler =>
  expressStaticGzip(folder, {
    index: false,
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    serveStatic,
  });

/** Rejects invalid percent escapes before express-static-gzip responds itself. @throws URIError */
const assertDecodablePath: RequestHandler = (request, _response, next) => {
  decodeURIComponent(request.path);
  next();
};

/** Returns whether a browser navigates to a page: only navigation accepts HTML. */
function wantsPage({ path: requested, headers }: Request): boolean {
  return !NO_PAGES.test(requested) && (headers.accept ?? '').includes('text/html');
}
