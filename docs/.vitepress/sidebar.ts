import type { DefaultTheme } from 'vitepress';
import { referencePages } from './reference.js';

type Group = DefaultTheme.SidebarItem;

/** @param pages what each is called, and its place in the site */
const group = (text: string, pages: Record<string, string>, collapsed = false): Group => ({
  text,
  collapsed,
  items: Object.entries(pages).map(([title, link]) => ({ text: title, link: `/${link}` })),
});

export const sidebar: Group[] = [
  group('Begin', { 'Quick start': 'quick-start', Concepts: 'concepts', Comparison: 'comparison' }),
  group('Use', {
    'Receive and verify': 'receive',
    Publish: 'publish',
    'Retries and isolation': 'retries',
    'Dashboard and portal': 'dashboard-and-portal',
    'Command line': 'cli',
    SDK: 'sdk',
    Examples: 'examples',
  }),
  group('Operate', {
    Deployment: 'deployment',
    Configuration: 'configuration',
    Operations: 'operations',
    Observability: 'observability',
    Scaling: 'scaling',
    'Upgrade notes': 'upgrade',
    'Security model': 'security-model',
    'Security policy': 'security',
  }),
  group('Move here', { 'From Svix': 'migrate-from-svix', 'From Convoy': 'migrate-from-convoy' }),
  group('API', {
    Overview: 'api',
    ...Object.fromEntries(referencePages().map(({ title, slug }) => [title, `reference/${slug}`])),
  }),
  group('Inside', {
    Architecture: 'architecture',
    'How a delivery flows': 'how-a-delivery-flows',
    Reliability: 'reliability',
    Performance: 'performance',
    Testing: 'testing',
    Dependencies: 'dependencies',
    Decisions: 'decisions/README',
    Contributing: 'contributing',
    Changelog: 'changelog',
  }),
];
