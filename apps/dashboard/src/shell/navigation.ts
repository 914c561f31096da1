import { includesScope } from '@posthorn/core/scope';
import type { LinkProps } from '@tanstack/react-router';
import {
  Bell,
  Building2,
  ChartNoAxesColumn,
  CircleX,
  Eraser,
  KeyRound,
  LayoutDashboard,
  LifeBuoy,
  ScrollText,
  Send,
  Tags,
  Webhook,
  Zap,
  type LucideIcon,
} from 'lucide-react';
import {
  allowsFeature,
  type PortalFeature,
  type Scope,
  seesAllTenants,
  type Session,
} from '../api/session.js';
import { t } from '../i18n/t.js';

interface NavItem {
  to: LinkProps['to'] & string;
  label: string;
  icon: LucideIcon;
  /** Required scope; one of several is enough. */
  scope: Scope | readonly Scope[];
  /** Required of the session. */
  feature?: PortalFeature;
  /** Hidden in the portal and for keys that do not cover all tenants. */
  operatorsOnly?: true;
}

/** The pages of the sidebar, in order. */
const NAV_ITEMS: readonly NavItem[] = [
  { to: '/', label: t('Overview'), icon: LayoutDashboard, scope: 'deliveries:read' },
  { to: '/webhooks', label: t('Webhooks'), icon: Webhook, scope: 'webhooks:read' },
  { to: '/events', label: t('Events'), icon: Zap, scope: 'events:read' },
  { to: '/deliveries', label: t('Deliveries'), icon: Send, scope: 'deliveries:read' },
  { to: '/recoveries', label: t('Recoveries'), icon: LifeBuoy, scope: 'deliveries:read' },
  {
    to: '/rejected-events',
    label: t('Rejected events'),
    icon: CircleX,
    scope: 'events:read',
    operatorsOnly: true,
  },
  {
    to: '/event-types',
    label: t('Event types'),
    icon: Tags,
    scope: ['events:read', 'webhooks:read'],
    feature: 'catalog',
  },
  {
    to: '/notifications',
    label: t('Notifications'),
    icon: Bell,
    scope: 'webhooks:read',
    feature: 'notifications',
  },
  { to: '/api-keys', label: t('API keys'), icon: KeyRound, scope: 'admin:read' },
  { to: '/tenants', label: t('Tenants'), icon: Building2, scope: 'admin:read', operatorsOnly: true },
  { to: '/usage', label: t('Usage'), icon: ChartNoAxesColumn, scope: 'admin:read' },
  { to: '/erasures', label: t('Erasures'), icon: Eraser, scope: 'admin:read' },
  { to: '/audit', label: t('Audit log'), icon: ScrollText, scope: 'admin:read' },
];

/** Returns the pages that a session may view. */
export function navItemsFor(session: Session): NavItem[] {
  const { scopes } = session.holder;
  return NAV_ITEMS.filter(
    ({ scope, feature, operatorsOnly }) =>
      [scope].flat().some((needed) => includesScope(scopes, needed)) &&
      (!operatorsOnly || seesAllTenants(session)) &&
      allowsFeature(session, feature),
  );
}

/** Returns whether a session may view a path. */
export function canView(session: Session, pathname: string): boolean {
  const contains = ({ to }: NavItem) => pathname === to || (to !== '/' && pathname.startsWith(`${to}/`));
  return navItemsFor(session).some(contains) || !NAV_ITEMS.some(contains);
}
