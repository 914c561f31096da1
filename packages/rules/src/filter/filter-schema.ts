export type Scalar = string | number | boolean | null;

export type TypeName = 'null' | 'boolean' | 'object' | 'array' | 'number' | 'integer' | 'string';

/** The part of JSON Schema (draft 2020-12) that filters are written in. */
export type FilterSchema = boolean | FilterObject;

export interface FilterObject {
  title?: string;
  description?: string;
  $comment?: string;
  type?: TypeName | TypeName[];
  const?: Scalar;
  enum?: Scalar[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  properties?: Record<string, FilterSchema>;
  required?: string[];
  dependentRequired?: Record<string, string[]>;
  additionalProperties?: FilterSchema;
  minProperties?: number;
  maxProperties?: number;
  prefixItems?: FilterSchema[];
  items?: FilterSchema;
  contains?: FilterSchema;
  minContains?: number;
  maxContains?: number;
  minItems?: number;
  maxItems?: number;
  allOf?: FilterSchema[];
  anyOf?: FilterSchema[];
  oneOf?: FilterSchema[];
  not?: FilterSchema;
  if?: FilterSchema;
  then?: FilterSchema;
  else?: FilterSchema;
}

export type Keyword = keyof FilterObject;

export function keywordsOf(schema: FilterObject): Keyword[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a filter has no others
  return Object.keys(schema) as Keyword[];
}

/** How a keyword holds schemas, and what they are for: the value itself, different parts of it, or each of its elements. */
const HOLDERS: { [K in Keyword]?: { as: 'one' | 'list' | 'by name'; for: HeldSchema['for'] } } = {
  allOf: { as: 'list', for: 'itself' },
  anyOf: { as: 'list', for: 'itself' },
  oneOf: { as: 'list', for: 'itself' },
  not: { as: 'one', for: 'itself' },
  if: { as: 'one', for: 'itself' },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword, and nothing that is awaited
  then: { as: 'one', for: 'itself' },
  else: { as: 'one', for: 'itself' },
  properties: { as: 'by name', for: 'parts' },
  prefixItems: { as: 'list', for: 'parts' },
  additionalProperties: { as: 'one', for: 'each' },
  items: { as: 'one', for: 'each' },
  contains: { as: 'one', for: 'each' },
};

export interface HeldSchema {
  schema: FilterSchema;
  keyword: Keyword;
  /** Its place below the keyword: `[0]`, `.name`, or nothing. */
  suffix: string;
  for: 'itself' | 'parts' | 'each';
}

/** The schemas that a schema holds by one keyword. As long as they are not checked they may be anything. */
export function heldSchemas(schema: FilterObject, keyword: Keyword): HeldSchema[] {
  const holder = HOLDERS[keyword];
  if (!holder) return [];
  const argument: unknown = schema[keyword];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- so says its keyword
  const members = holder.as === 'one' ? { '': argument } : (argument as Record<string, unknown>);
  return Object.entries(members).map(([name, held]) => ({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever asks checks it, or has done so
    schema: held as FilterSchema,
    keyword,
    suffix: suffixOf(holder.as, name),
    for: holder.for,
  }));
}

function suffixOf(as: 'one' | 'list' | 'by name', name: string): string {
  if (as === 'one') return '';
  return as === 'list' ? `[${name}]` : `.${name}`;
}
