import type { DefaultTheme } from 'vitepress';

const page = (text: string, name: string): DefaultTheme.SidebarItem => ({ text, link: `/${name}` });

export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Begin',
    items: [page('Quick start', 'quick-start'), page('Concepts', 'concepts')],
  },
];
