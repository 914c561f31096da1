type Json = Record<string, unknown>;

/**
 * Translates a filter of Convoy or Outpost, such as `{"amount": {"$gte": 100}}`, to a JSON Schema. Returns null if an operator has no
 * exact counterpart.
 */
export function matchToSchema(filter: Json): Json | null {
  return all(
    Object.entries(filter).map(([key, value]) =>
      key === '$and' || key === '$or' ? combination(key, value) : field(key.split('.'), value),
    ),
  );
}

/** Combines schemas. Returns null if there is none, or if one has no counterpart. */
function all(parts: (Json | null)[]): Json | null {
  if (parts.length === 0 || parts.includes(null)) return null;
  return parts.length === 1 ? (parts[0] ?? null) : { allOf: parts };
}

function combination(operator: '$and' | '$or', value: unknown): Json | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return null;
  const parts = value.map(matchToSchema);
  return parts.includes(null) ? null : { [operator === '$and' ? 'allOf' : 'anyOf']: parts };
}

/** Returns the schema of an object in which the value at a path matches. */
function field([name = '', ...rest]: string[], value: unknown): Json | null {
  if (name === '' || name.startsWith('$')) return null;
  const inner = rest.length > 0 ? field(rest, value) : condition(value);
  if (inner === null) return null;
  return { type: 'object', required: [name], properties: { [name]: inner } };
}

function condition(value: unknown): Json | null {
  if (value === null || typeof value !== 'object') return { const: value };
  if (!isObject(value)) return null;
  const operators = Object.keys(value).filter((key) => key.startsWith('$'));
  if (operators.length === 0) return matchToSchema(value);
  if (operators.length < Object.keys(value).length) return null;
  return all(Object.entries(value).map(([operator, operand]) => OPERATORS[operator]?.(operand) ?? null));
}

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
