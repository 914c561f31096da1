import { _, type Ajv, type KeywordCxt, Name } from 'ajv';

/** Most work for one event: a unit is a few nanoseconds, at worst thirty. */
const MAX_WORK = 20_000_000;

/** What a keyword costs whatever it looks at: most when it is broken, which is written down. */
const KEYWORD_WORK = 10;

/** Most faults at the same time, those of choices that turn out not to matter among them: they take memory. */
const MAX_FAULTS = 10_000;

/** What the programs of Ajv count their faults in. */
const FAULTS = new Name('errors');

/** Counts what a check costs, so that no schema and no event can make it take for ever. */
export interface Work {
  begin(): void;
  /** @throws Error when the check has cost all that it may */
  spend(units: number): void;
}

export function createWork(): Work {
  let left = MAX_WORK;
  return {
    begin() {
      left = MAX_WORK;
    },
    spend(units) {
      left -= units;
      if (left < 0) throw new RangeError('takes too much work to check');
    },
  };
}

/**
 * Makes every keyword cost what it may look at: the members of its argument and those of the value. References are not
 * copied into where they stand, so that the program of a schema is about as long as the schema.
 */
export function countWork(ajv: Ajv, work: Work): void {
  const spend = (members: number, value: unknown, faults: number) =>
    work.spend(faults > MAX_FAULTS ? Infinity : KEYWORD_WORK + members + sizeOf(value));
  for (const rule of Object.values(ajv.RULES.all)) {
    if (typeof rule !== 'object' || !('code' in rule.definition)) continue;
    const { code } = rule.definition;
    rule.definition.code = (context: KeywordCxt, ruleType?: string) => {
      const counter = context.gen.scopeValue('func', { ref: spend });
      context.gen.code(_`${counter}(${sizeOf(context.schema)}, ${context.data}, ${FAULTS})`);
      code(context, ruleType);
    };
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length + 1;
  return typeof value === 'object' && value !== null ? Object.keys(value).length + 1 : 1;
}
