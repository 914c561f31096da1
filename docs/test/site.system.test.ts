// Builds the site, which fails on dead links, and checks anchors, completeness, and that nothing is loaded from other
// hosts.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApiDocument } from '@posthorn/contract';

const DOCS = path.resolve(import.meta.dirname, '..');
const VITEPRESS = path.join(
  path.dirname(createRequire(import.meta.url).resolve('vitepress/package.json')),
  'bin/vitepress.js',
);

describe('the site', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-site-'));
  const pages = new Map<string, string>();
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [VITEPRESS, 'build', DOCS, '--outDir', folder]);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.html')))
      pages.set(`/${file.replace(/(index)?\.html$/, '')}`, readFileSync(path.join(folder, file), 'utf8'));
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('includes pages from outside docs', () => {
    expect([...pages.keys()]).toEqual(
      expect.arrayContaining(['/', '/security', '/changelog', '/sdk', '/cli']),
    );
  });

  it('links only to existing anchors', () => {
    const links = [...pages].flatMap(([page, html]) =>
      Array.from(html.matchAll(/<a [^>]*href="([^"#]*)#([^"]+)"/g), ([, to = '', id = '']) => ({
        page,
        to,
        id,
      })),
    );
    const own = links.filter(({ to }) => to === '' || to.startsWith('/'));
    expect(own.length).toBeGreaterThan(100);
    expect(own.filter(({ page, to, id }) => !pages.get(to || page)?.includes(`id="${id}"`))).toEqual([]);
  });

  it('documents every API call', () => {
    const operations = Object.values(openApiDocument('0').paths ?? {}).flatMap((item) =>
      Object.values(item).map(({ operationId }: { operationId: string }) => operationId),
    );
    const reference = [...pages].filter(([page]) => page.startsWith('/reference/')).map(([, html]) => html);
    expect(operations.filter((id) => !reference.some((html) => html.includes(`id="${id}"`)))).toEqual([]);
  });

  it('renders diagrams in the colors of the theme', () => {
    expect(pages.get('/concepts')).toMatch(/<div class="diagram"[^>]*><svg[^]*var\(--vp-c-bg\)/);
  });

  it('loads nothing from other hosts', () => {
    const fetched =
      /(?:<(?:script|img|iframe|source)[^>]* src|<link[^>]* href|@import url\()=?["'(]*(?:https?:)?\/\//;
    expect([...pages].filter(([, html]) => fetched.test(html)).map(([page]) => page)).toEqual([]);
  });
});
