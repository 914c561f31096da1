import { renderMermaidSVG } from 'beautiful-mermaid';
import type { MarkdownRenderer } from 'vitepress';

/** The font that its boxes are measured for, which the theme brings. */
const FONT = 'Inter';
const WEB_FONT = /@import url\([^)]*\);/;

/** Draws ```mermaid blocks as the site is built, in the colours of the theme, so that they follow it into the dark. */
export function diagrams(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (token?.info.trim() !== 'mermaid') return fence?.(tokens, index, ...rest) ?? '';
    const svg = JSON.stringify(draw(token.content));
    return `<div class="diagram" tabindex="0" v-html="${markdown.utils.escapeHtml(svg)}"></div>\n`;
  };
}

function draw(code: string): string {
  const colours = {
    bg: 'var(--vp-c-bg)',
    fg: 'var(--vp-c-text-1)',
    line: 'var(--vp-c-text-3)',
    muted: 'var(--vp-c-text-2)',
    accent: 'var(--vp-c-brand-1)',
    surface: 'var(--vp-c-bg-soft)',
    border: 'var(--vp-c-border)',
  };
  return renderMermaidSVG(code, { ...colours, transparent: true, font: FONT }).replace(WEB_FONT, '');
}
