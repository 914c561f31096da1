// Maps files of the repository to pages of the site.
import path from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Base URL of the repository's files, such as `https://…/blob/main/`. */
const SOURCE = process.env['DOCS_SOURCE_URL'];

/** Pages outside docs/: file → page. */
const BESIDE: Record<string, string> = {
  'SECURITY.md': 'security.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'examples/README.md': 'examples.md',
  'packages/sdk/README.md': 'sdk.md',
};

/** Patterns of files that are not pages. */
export const noPages = [
  '!(docs|examples|packages)/**/*.md',
  'packages/!(sdk)/**',
  'README.md',
  'docs/{parts,test}/**',
];

/** Returns the path of a file's page, such as `concepts.md`. */
export function placeOf(file: string): string {
  return BESIDE[file] ?? file.replace(/^docs\//, '').replace(/^README\.md$/, 'index.md');
}

/** Returns the anchor of a heading as GitHub generates it, so that links work on both sites. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Rewrites relative links between files: to pages where the target is one, otherwise to the repository. */
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

/** Returns the target of a relative link, or null for any other link. */
function fileOf(href: string, env: MarkdownEnv): FileLink | null {
  if (/^([a-z]+:|[#/])/.test(href)) return null;
  const [target = '', hash] = href.split('#');
  const file = path.relative(ROOT, path.resolve(path.dirname(env.realPath ?? env.path), target));
  return { file, hash: hash === undefined ? '' : `#${hash}` };
}

/** Returns the link's URL, or null when the target is not a page and the repository's URL is unknown. */
function hrefOf({ file, hash }: FileLink): string | null {
  if (isPage(file)) return `/${placeOf(file).replace(/(^|\/)index\.md$/, '$1')}${hash}`;
  return SOURCE ? new URL(file + hash, SOURCE).href : null;
}

const isPage = (file: string): boolean =>
  file in BESIDE || (file.startsWith('docs/') && file.endsWith('.md'));
