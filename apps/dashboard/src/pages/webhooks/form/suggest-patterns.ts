import { access } from '../../../access/current-access.js';
import { t } from '../../../i18n/t.js';

interface SuggestedPattern {
  pattern: string;
  description: string;
}

/** The name of the pattern names this product, so the portal does not suggest it. */
const OPERATIONAL: readonly SuggestedPattern[] =
  access.kind === 'portal'
    ? []
    : [
        {
          pattern: 'posthorn.*',
          description: t('Operational events: webhook suspended, failing, recovered, …'),
        },
      ];

/** Suggests `*`, each prefix that several event types share, and the pattern of operational events. */
export function suggestPatterns(types: readonly string[]): SuggestedPattern[] {
  const below = new Map<string, number>();
  for (const prefix of types.flatMap(prefixesOf)) below.set(prefix, (below.get(prefix) ?? 0) + 1);
  const shared = [...below]
    .filter(([, count]) => count > 1)
    .toSorted(([one], [other]) => one.localeCompare(other));
  return [
    { pattern: '*', description: t('All events except operational events') },
    ...shared.map(([prefix, count]) => ({
      pattern: `${prefix}.*`,
      description: t('All {{prefix}}.* events ({{types}} types now)', { prefix, types: count }),
    })),
    ...OPERATIONAL,
  ];
}

/** `a.b.c` → `a`, `a.b` */
function prefixesOf(type: string): string[] {
  const segments = type.split('.');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('.'));
}
