import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/rules/src', [
  [
    'a schema has no budget',
    'schema/work-budget.ts',
    `if (left < 0) throw new RangeError('validation exceeds the work limit');`,
    ``,
  ],
  ['violations have no limit', 'schema/work-budget.ts', `violations > MAX_VIOLATIONS ? Infinity : `, ``],
  [
    'a pattern has any length',
    'schema/linear-regex.ts',
    `if (pattern.length > MAX_PATTERN_LENGTH) {`,
    `if (pattern.length > MAX_PATTERN_LENGTH * 100) {`,
  ],
  [
    'patterns of a schema have any size',
    'schema/linear-regex.ts',
    `if (instructions > MAX_INSTRUCTIONS) {`,
    `if (size > MAX_INSTRUCTIONS) {`,
  ],
  ['a pattern costs nothing', 'schema/linear-regex.ts', `        budget.spend(size * text.length);\n`, ``],
  [
    'a filter has any cost',
    'filter/check-filter.ts',
    `return cost > MAX_FILTER_COST`,
    `return cost > MAX_FILTER_COST * 1000`,
  ],
  [
    'a filter has any depth',
    'filter/check-filter.ts',
    `if (depth === 0) return [fieldError(`,
    `if (depth === -1000) return [fieldError(`,
  ],
  [
    'unknown keywords of a filter are ignored',
    'filter/check-filter.ts',
    `if (!isKeyword(keyword)) return [fieldError(keywordPath, 'unknown_keyword')];`,
    `if (!isKeyword(keyword)) return [];`,
  ],
  [
    'items of arrays cost as little as values',
    'filter/filter-cost.ts',
    `perItem || sub.appliesTo === 'each item'`,
    `perItem`,
  ],
  [
    'a pattern of a filter costs nothing',
    'filter/filter-cost.ts',
    `if (pattern.startsWith('^')) return 1;`,
    `if (pattern !== '') return 1;`,
  ],
  [
    'oneOf accepts two matches',
    'filter/logic-keywords.ts',
    `matchers.filter((one) => one.matches(value)).length === 1`,
    `matchers.filter((one) => one.matches(value)).length >= 1`,
  ],
  [
    'inherited names count as properties',
    'filter/object-keywords.ts',
    `        (value) => Object.hasOwn(value, name),`,
    `        (value) => name in value,`,
  ],
  ['contains ignores its maximum', 'filter/array-keywords.ts', `      if (found > max) return false;\n`, ``],
  [
    'pairs of surrogates count twice',
    'filter/value-keywords.ts',
    `return first < 0 ? text.length : text.length - countPairs(text, first);`,
    `return text.length + 0 * first;`,
  ],
  [
    'multiples are compared with rounding errors',
    'numbers/decimal-multiple.ts',
    `return integer / scale === value && Number.isInteger(integer / scaledStep);`,
    `return Number.isInteger(integer / scaledStep);`,
  ],
]);
