// Which files of the repository are pages of the site, and where.
import path from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Where the files of the repository can be read, as in `https://…/blob/main/`. */
const SOURCE = process.env['DOCS_SOURCE_URL'];

/** What the site shows beside docs/. */
const BESIDE: Record<string, string> = {
  'SECURITY.md': 'security.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'examples/README.md': 'examples.md',
  'packages/sdk/README.md': 'sdk.md',
};

/** The files that are none of its pages, as patterns. */
export const noPages = [
  '!(docs|examples|packages)/**/*.md',
  'packages/!(sdk)/**',
  'README.md',
  'docs/{parts,test}/**',
];

/** Where the page that is made of a file is, as in `concepts.md`. */
export function placeOf(file: string): string {
  return BESIDE[file] ?? file.replace(/^docs\//, '').replace(/^README\.md$/, 'index.md');
}

/** The anchor of a heading, as GitHub makes it, so that links work in both places. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Lets relative links, which lead from file to file, lead from page to page, and those to other files to the repository. */
export function linksOfFiles(markdown: MarkdownRenderer): void {
  const { link_open: open, link_close: close } = markdown.renderer.rules;
  let isText = false;

  markdown.renderer.rules.link_open = (tokens, index, options, env: MarkdownEnv, self) => {
    const token = tokens[index];
    const link = fileOf(token?.attrGet('href') ?? '', env);
    if (token && link) {
      const href = hrefOf(link);
      isText = href === null;
      if (href === null) return `<span class="source" title="${markdown.utils.escapeHtml(link.file)}">`;
      token.attrSet('href', href);
    }
    return open?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
  };
  markdown.renderer.rules.link_close = (tokens, index, options, env: MarkdownEnv, self) => {
    if (!isText)
      return close?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
    isText = false;
    return '</span>';
  };
}

interface FileLink {
  file: string;
  hash: string;
}

/** What a relative link leads to; null for a link of another kind. */
function fileOf(href: string, env: MarkdownEnv): FileLink | null {
  if (/^([a-z]+:|[#/])/.test(href)) return null;
  const [target = '', hash] = href.split('#');
  const file = path.relative(ROOT, path.resolve(path.dirname(env.realPath ?? env.path), target));
  return { file, hash: hash === undefined ? '' : `#${hash}` };
}

/** Null: without an address of the repository it is its text alone. */
function hrefOf({ file, hash }: FileLink): string | null {
  if (isPage(file)) return `/${placeOf(file).replace(/(^|\/)index\.md$/, '$1')}${hash}`;
  return SOURCE ? new URL(file + hash, SOURCE).href : null;
}

const isPage = (file: string): boolean =>
  file in BESIDE || (file.startsWith('docs/') && file.endsWith('.md'));
