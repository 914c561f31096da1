import { createRequire } from 'node:module';
import path from 'node:path';
import { Router } from 'express';

/** The font families and weights that bull-board loads from Google Fonts. */
const FACES = [
  { family: 'IBM Plex Sans', name: 'ibm-plex-sans', weights: [400, 500, 600] },
  { family: 'IBM Plex Mono', name: 'ibm-plex-mono', weights: [400, 500] },
].flatMap(({ family, name, weights }) =>
  weights.map((weight) => ({ family, name, weight, file: `${name}-latin-${weight}-normal.woff2` })),
);

const STYLESHEET = FACES.map(
  ({ family, weight, file }) =>
    `@font-face{font-family:'${family}';font-weight:${weight};font-display:swap;src:url(fonts/${file}) format('woff2')}`,
).join('\n');

/** The path of the stylesheet below the path of the page. */
export const FONTS_STYLESHEET = 'fonts.css';

/** Serves the fonts of the page, so that the browser asks no other server for them. */
export function queuesPageFonts(): Router {
  const require = createRequire(import.meta.url);
  const router = Router();
  router.get(`/${FONTS_STYLESHEET}`, (_request, response) => {
    response.type('css').send(STYLESHEET);
  });
  for (const { name, file } of FACES) {
    const root = path.join(path.dirname(require.resolve(`@fontsource/${name}/package.json`)), 'files');
    router.get(`/fonts/${file}`, (_request, response) => {
      response.sendFile(file, { root, maxAge: '1h' });
    });
  }
  return router;
}
