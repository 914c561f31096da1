import { ROLE_SCOPES, ROLES, type Role } from '@posthorn/core/role';

export { ROLE_SCOPES, type Role };

export const ROLE_LABELS: Record<Role, string> = { viewer: 'Viewer', operator: 'Operator', admin: 'Admin' };

/** What each role may do, for keys. */
export const ROLE_DESCRIPTIONS: Record<Role, string> = {
  viewer: 'Views everything except redacted values. Changes nothing.',
  operator: 'Also views redacted values, retries and replays deliveries, and suspends and tests webhooks.',
  admin: 'Full access, including API keys, settings and erasures.',
};

export const ROLE_OPTIONS = ROLES.map((role) => ({ value: role, label: ROLE_LABELS[role] }));
