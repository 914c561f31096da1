// Configures the documentation site. Its pages are files of the repository, in their original folders.
import { defineConfig } from 'vitepress';
import { diagrams } from './diagrams.js';
import { anchorOf, linksOfFiles, noPages, placeOf } from './pages.js';
import { sidebar } from './sidebar.js';

export default defineConfig({
  title: 'Posthorn',
  description: 'Self-hosted webhook delivery: signed, retried until successful, every attempt recorded',
  lang: 'en-US',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: '..',
  srcExclude: noPages,
  rewrites: placeOf,
  cleanUrls: true,
  // All other dead links fail the build.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      diagrams(markdown);
      linksOfFiles(markdown);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'API', link: '/api' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar,
  },
});
