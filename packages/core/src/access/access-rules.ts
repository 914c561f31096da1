import type { Role } from './role.js';

/** Gives a role to the members of a group, the owner of an email address, or all owners of addresses of a domain. */
export type AccessRule = ({ group: string } | { email: string } | { domain: string }) & {
  role: Role;
  /** The only tenants. Null for all. */
  tenantIds: readonly string[] | null;
};

/** What an identity provider says about a person, as far as rules depend on it. */
export interface PersonClaims {
  groups: readonly string[];
  /** The person is in more groups than the provider includes in a token, so that `groups` is empty. */
  hasOmittedGroups: boolean;
  email: string | null;
  /** The provider has verified that the address belongs to the person. */
  isEmailVerified: boolean;
}

/** Returns the first rule that applies to a person, or null. */
export function findAccess(rules: readonly AccessRule[], claims: PersonClaims): AccessRule | null {
  return rules.find((rule) => applies(rule, claims)) ?? null;
}

function applies(rule: AccessRule, { groups, email, isEmailVerified }: PersonClaims): boolean {
  if ('group' in rule) return groups.includes(rule.group);
  // Some providers let people enter any address.
  if (email === null || !isEmailVerified) return false;
  const address = email.toLowerCase();
  return 'email' in rule
    ? address === rule.email.toLowerCase()
    : domainOf(address) === rule.domain.toLowerCase();
}

/** Returns what follows the last `@`: the part before it may have one, too. */
const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** Why a person has no access. */
type NoAccessReason = 'groups_omitted' | 'email_not_verified' | 'no_matching_rule';

/** Returns why no rule applies to a person, for operators. */
export function explainNoAccess(rules: readonly AccessRule[], claims: PersonClaims): NoAccessReason {
  if (claims.hasOmittedGroups && rules.some((rule) => 'group' in rule)) return 'groups_omitted';
  const ifVerified = findAccess(rules, { ...claims, isEmailVerified: true });
  return ifVerified === null ? 'no_matching_rule' : 'email_not_verified';
}
