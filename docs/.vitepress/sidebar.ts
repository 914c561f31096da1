import type { DefaultTheme } from 'vitepress';
import { referencePages } from './reference.js';

type Group = DefaultTheme.SidebarItem;

/** @param pages links by title */
const group = (text: string, pages: Record<string, string>, collapsed = false): Group => ({
  text,
  collapsed,
  items: Object.entries(pages).map(([title, link]) => ({ text: title, link: `/${link}` })),
});

export const sidebar: Group[] = [
  group('Tutorial', { 'Quick start': 'quick-start' }),
  group('How-to guides', {
    Publish: 'publish',
    'Publish in your transaction': 'outbox',
    'Receive and verify': 'receive',
    'Read the feed': 'feed',
    'Delivery formats': 'delivery-formats',
    'Grant access': 'access',
    'Single sign-on': 'single-sign-on',
    'Single sign-on with Keycloak': 'single-sign-on-keycloak',
    'Single sign-on with Entra ID': 'single-sign-on-entra-id',
    'Single sign-on with Google': 'single-sign-on-google',
    'Single sign-on with Okta': 'single-sign-on-okta',
    'Authenticate at receivers': 'authentication',
    'Use certificates': 'certificates',
    'Send through a proxy': 'egress',
    Search: 'search',
    Notifications: 'notifications',
    'Dashboard and portal': 'dashboard-and-portal',
    'Embed the portal': 'embed-portal',
    'Import from another product': 'import',
    'Cut over from another system': 'cut-over',
    'Migrate from Svix': 'migrate-from-svix',
    'Migrate from Convoy': 'migrate-from-convoy',
    'Migrate from Outpost': 'migrate-from-outpost',
    'Migrate from your own code': 'migrate-from-your-own-code',
    Deploy: 'deployment',
    'PostgreSQL and Redis': 'servers',
    Scale: 'scaling',
    Runbook: 'runbook',
    Alerts: 'alerts',
    'Audit log': 'audit-log',
    Upgrade: 'upgrade',
    Troubleshoot: 'troubleshooting',
    'Test a change': 'testing',
    Contribute: 'contributing',
  }),
  group('Reference', {
    API: 'api',
    Errors: 'reference/errors',
    SDK: 'sdk',
    'Command line': 'cli',
    Examples: 'examples',
    Configuration: 'configuration',
    Observability: 'observability',
    Glossary: 'glossary',
    Dependencies: 'dependencies',
    Changelog: 'changelog',
  }),
  group(
    'API calls',
    Object.fromEntries(
      referencePages()
        .filter(({ slug }) => slug !== 'errors')
        .map(({ title, slug }) => [title, `reference/${slug}`]),
    ),
    true,
  ),
  group('Explanation', {
    Concepts: 'concepts',
    'Retries and isolation': 'retries',
    Architecture: 'architecture',
    'How a delivery flows': 'how-a-delivery-flows',
    Decisions: 'decisions/README',
    Proofs: 'proofs',
    Faults: 'faults',
    Fairness: 'fairness',
    Performance: 'performance',
    'Performance notebook': 'performance-notebook',
    'Security model': 'security-model',
    Threats: 'security',
    Comparison: 'comparison',
  }),
];
