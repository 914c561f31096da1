import { createRequire } from 'node:module';
import path from 'node:path';
import { Router } from 'express';
import { ERRORS_PATH } from '@posthorn/contract';
import { ERRORS_STYLE, errorsPage } from './errors-page.js';
import { methodNotAllowed } from '../http/error-handlers.js';
import { onRoute } from '../http/request-context.js';

/** Folder of the package's browser files. */
const ASSETS = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Posthorn API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/reference.js"></script>
</body>
</html>
`;

const SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

/** Allows only files from this server, and nothing inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the API reference, rendered in the browser from /openapi.json, and the error reference. */
export function docs(): Router {
  const router = Router();
  router.use('/docs', onRoute('/docs'), (_request, response, next) => {
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    next();
  });
  router
    .route('/docs')
    .get((_request, response) => {
      response.type('html').send(PAGE);
    })
    .all(methodNotAllowed(['get', 'head']));
  router
    .route(ERRORS_PATH)
    .get((_request, response) => {
      response.type('html').send(errorsPage());
    })
    .all(methodNotAllowed(['get', 'head']));
  router.get('/docs/errors.css', (_request, response) => {
    response.type('css').send(ERRORS_STYLE);
  });
  router.get('/docs/reference.js', (_request, response) => {
    response.type('js').send(SCRIPT);
  });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    router.get(`/docs/${file}`, (_request, response) => {
      response.sendFile(file, { root: ASSETS, maxAge: '1h' });
    });
  }
  return router;
}
