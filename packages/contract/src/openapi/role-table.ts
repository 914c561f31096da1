import { includesScope, type Role, ROLE_SCOPES, ROLES } from '@posthorn/core';
import type { RouteDefinition } from '../routes/route.js';
import { OPERATION_IDS, type OperationId, ROUTES } from './routes.js';

/** Returns whether a role may make a call. Its key may also have to be one for all tenants. */
export const mayCall = (role: Role, { scope }: Pick<RouteDefinition, 'scope'>): boolean =>
  scope === null ||
  [scope].flat().some((each) => [each].flat().every((needed) => includesScope(ROLE_SCOPES[role], needed)));

const MARKS = { all: 'all tenants only', yes: 'yes', no: '' } as const;

function rowOf(id: OperationId): string {
  const route: RouteDefinition = ROUTES[id];
  const allowed = route.tenancy === 'all' ? MARKS.all : MARKS.yes;
  const cells = ROLES.map((role) => (mayCall(role, route) ? allowed : MARKS.no));
  return `| \`${route.method.toUpperCase()} ${route.path}\` | ${cells.join(' | ')} |`;
}

/** Returns the Markdown table of every call and role, by the tags of the calls. */
export function roleTable(): string {
  const tags = [...new Set(OPERATION_IDS.map((id) => ROUTES[id].tag))];
  return tags
    .map((tag) => {
      const rows = OPERATION_IDS.filter((id) => ROUTES[id].tag === tag).map(rowOf);
      return [`| ${tag} | ${ROLES.join(' | ')} |`, `| --- |${' --- |'.repeat(ROLES.length)}`, ...rows].join(
        '\n',
      );
    })
    .join('\n\n');
}

/** Returns the Markdown table of the scopes of each role. */
export const scopeTable = (): string =>
  ['| role | scopes |', '| --- | --- |', ...ROLES.map((role) => `| \`${role}\` | ${namesOf(role)} |`)].join(
    '\n',
  );

const namesOf = (role: Role): string => ROLE_SCOPES[role].map((scope) => `\`${scope}\``).join(', ');
