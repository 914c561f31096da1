export type Scalar = string | number | boolean | null;

export type TypeName = 'null' | 'boolean' | 'object' | 'array' | 'number' | 'integer' | 'string';

/** The subset of JSON Schema (draft 2020-12) that filters support. */
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a valid filter has no other keys
  return Object.keys(schema) as Keyword[];
}

/** The values that a subschema applies to: the value itself, different parts of it, or each of its items. */
type AppliesTo = 'itself' | 'parts' | 'each item';

/** The form of a keyword's subschemas. */
type Form = 'single' | 'array' | 'by name';

const APPLICATORS: { [K in Keyword]?: { form: Form; appliesTo: AppliesTo } } = {
  allOf: { form: 'array', appliesTo: 'itself' },
  anyOf: { form: 'array', appliesTo: 'itself' },
  oneOf: { form: 'array', appliesTo: 'itself' },
  not: { form: 'single', appliesTo: 'itself' },
  if: { form: 'single', appliesTo: 'itself' },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
  then: { form: 'single', appliesTo: 'itself' },
  else: { form: 'single', appliesTo: 'itself' },
  properties: { form: 'by name', appliesTo: 'parts' },
  prefixItems: { form: 'array', appliesTo: 'parts' },
  additionalProperties: { form: 'single', appliesTo: 'each item' },
  items: { form: 'single', appliesTo: 'each item' },
  contains: { form: 'single', appliesTo: 'each item' },
};

interface Subschema {
  schema: FilterSchema;
  keyword: Keyword;
  /** Its path below the keyword: `[0]`, `.name` or empty. */
  suffix: string;
  appliesTo: AppliesTo;
}

/** Returns the subschemas of one keyword. They are not checked yet, so their values can be anything. */
export function subschemas(schema: FilterObject, keyword: Keyword): Subschema[] {
  const applicator = APPLICATORS[keyword];
  if (!applicator) return [];
  const { form, appliesTo } = applicator;
  const value: unknown = schema[keyword];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- guaranteed by the form of the keyword
  const members = form === 'single' ? { '': value } : (value as Record<string, unknown>);
  return Object.entries(members).map(([name, member]) => ({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller checks it, or has checked it
    schema: member as FilterSchema,
    keyword,
    suffix: suffixOf(form, name),
    appliesTo,
  }));
}

function suffixOf(form: Form, name: string): string {
  if (form === 'single') return '';
  return form === 'array' ? `[${name}]` : `.${name}`;
}
