import { renderMermaidSVG } from 'beautiful-mermaid';
import type { MarkdownRenderer } from 'vitepress';

/** The font for which the renderer measures its boxes; the theme provides it. */
const FONT = 'Inter';
const WEB_FONT = /@import url\([^)]*\);/;

/** Renders ```mermaid blocks to SVG at build time, in the theme's colors, so that they adapt to dark mode. */
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
  const colors = {
    bg: 'var(--vp-c-bg)',
    fg: 'var(--vp-c-text-1)',
    line: 'var(--vp-c-text-3)',
    muted: 'var(--vp-c-text-2)',
    accent: 'var(--vp-c-brand-1)',
    surface: 'var(--vp-c-bg-soft)',
    border: 'var(--vp-c-border)',
  };
  return renderMermaidSVG(code, { ...colors, transparent: true, font: FONT }).replace(WEB_FONT, '');
}
