type Json = Record<string, unknown>;

/**
 * Whose filters they are. In Convoy's, a dot in a key separates the keys of nested objects. In Outpost's, it is part of the key, and a
 * condition without an operator also matches a list with an item that matches.
 */
type FilterDialect = 'convoy' | 'outpost';

/**
 * Translates a filter of Convoy or Outpost, such as `{"amount": {"$gte": 100}}`, to a JSON Schema. Returns null if it has no exact
 * counterpart.
 */
export function matchToSchema(filter: Json, dialect: FilterDialect): Json | null {
  // Outpost ignores the keys beside an $or.
  if (dialect === 'outpost' && '$or' in filter && Object.keys(filter).length > 1) return null;
  return all(
    Object.entries(filter).map(([key, value]) =>
      key === '$and' || key === '$or'
        ? combination(key, value, dialect)
        : field(dialect === 'convoy' ? key.split('.') : [key], value, dialect),
    ),
  );
}

/** Combines schemas. Returns null if there is none, or if one has no counterpart. */
function all(parts: (Json | null)[]): Json | null {
  if (parts.length === 0 || parts.includes(null)) return null;
  return parts.length === 1 ? (parts[0] ?? null) : { allOf: parts };
}

function combination(operator: '$and' | '$or', value: unknown, dialect: FilterDialect): Json | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return null;
  const parts = value.map((part) => matchToSchema(part, dialect));
  return parts.includes(null) ? null : { [operator === '$and' ? 'allOf' : 'anyOf']: parts };
}

/** Returns the schema of an object in which the value at a path matches. */
function field([name = '', ...rest]: string[], value: unknown, dialect: FilterDialect): Json | null {
  if (name === '' || name.startsWith('$')) return null;
  const inner = rest.length > 0 ? field(rest, value, dialect) : condition(value, dialect);
  if (inner === null) return null;
  return { type: 'object', required: [name], properties: { [name]: inner } };
}

function condition(value: unknown, dialect: FilterDialect): Json | null {
  if (isScalar(value)) return orInList({ const: value }, dialect);
  if (!isObject(value)) return null;
  const operators = Object.keys(value).filter((key) => key.startsWith('$'));
  if (operators.length === 0) {
    const nested = matchToSchema(value, dialect);
    return nested && orInList(nested, dialect);
  }
  if (operators.length < Object.keys(value).length) return null;
  return all(Object.entries(value).map(([operator, operand]) => OPERATORS[operator]?.(operand) ?? null));
}

const orInList = (schema: Json, dialect: FilterDialect): Json =>
  dialect === 'convoy' ? schema : { anyOf: [schema, { type: 'array', contains: schema }] };

const number = (keyword: string) => (operand: unknown) =>
  typeof operand === 'number' ? { type: 'number', [keyword]: operand } : null;

const text = (toPattern: (escaped: string) => string) => (operand: unknown) =>
  typeof operand === 'string'
    ? { type: 'string', pattern: toPattern(operand.replaceAll(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`)) }
    : null;

const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

const OPERATORS: Record<string, (operand: unknown) => Json | null> = {
  $eq: (operand) => (isScalar(operand) ? { const: operand } : null),
  $in: (operand) => (Array.isArray(operand) && operand.every(isScalar) ? { enum: operand } : null),
  $gt: number('exclusiveMinimum'),
  $gte: number('minimum'),
  $lt: number('exclusiveMaximum'),
  $lte: number('maximum'),
  $exist: (operand) => (operand === true ? {} : null),
  $startsWith: text((escaped) => `^${escaped}`),
  $endsWith: text((escaped) => `${escaped}$`),
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
