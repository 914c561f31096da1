import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('apps/dashboard/src', [
  [
    'the token of a link stays in the address bar',
    'access/access.ts',
    `if (access.kind === 'portal') history.replaceState`,
    `if (access.kind === 'session') history.replaceState`,
  ],
  [
    'a page that begins like the portal is one',
    'access/access.ts',
    'pathname !== PORTAL_PATH && !pathname.startsWith(`${PORTAL_PATH}/`)',
    '!pathname.startsWith(PORTAL_PATH)',
  ],
  [
    'a rejected token is used',
    'portal/portal-session.ts',
    `if (!response.ok) return false;`,
    `if (!response.ok) return true;`,
  ],
  [
    'a portal shows another tenant after a renewal',
    'portal/portal-session.ts',
    `return this.#tenantId === tenantId;`,
    `return true;`,
  ],
  [
    'an outage ends the session of a portal',
    'portal/portal-session.ts',
    'if (response.status >= 500) throw new Error(`The server responded with ${response.status}`);',
    'if (response.status >= 500) return true;',
  ],
  [
    'a key is offered that outlives the session',
    'pages/api-keys/expiry.ts',
    `Date.now() + Number(each) * DAY_MS < latestMs`,
    `Date.now() < latestMs`,
  ],
]);
