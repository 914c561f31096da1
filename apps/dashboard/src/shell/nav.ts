import type { LinkProps } from '@tanstack/react-router';
import { Webhook, type LucideIcon } from 'lucide-react';
import type { Scope } from '../api/session.js';

export interface NavItem {
  to: LinkProps['to'];
  label: string;
  icon: LucideIcon;
  /** Shown to keys that may read what is there. */
  scope: Scope;
  /** Not in the portal, nor for keys of one tenant. */
  operatorsOnly?: true;
}

/** The pages of the navigation, in order. */
export const NAV_ITEMS: readonly NavItem[] = [
  { to: '/webhooks', label: 'Webhooks', icon: Webhook, scope: 'webhooks:read' },
];
