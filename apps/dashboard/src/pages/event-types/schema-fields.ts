/** A field of event data, as its JSON Schema describes it. */
export interface SchemaField {
  name: string;
  /** JSON types: `string`, `array<object>`. Empty if any type is valid. */
  type: string;
  isRequired: boolean;
  description: string | null;
  /** The values that are valid, as JSON. Null if they are not listed. */
  values: string[] | null;
  fields: SchemaField[];
}

const MAX_DEPTH = 8;

type JsonObject = Record<string, unknown>;

/** Returns the fields that a schema lists. What else it says, such as conditions, is in the schema itself. */
export function schemaFields(schema: unknown, depth = 0): SchemaField[] {
  if (!isObject(schema) || depth === MAX_DEPTH) return [];
  const { properties, required } = schema;
  if (!isObject(properties)) return isObject(schema['items']) ? schemaFields(schema['items'], depth + 1) : [];
  return Object.entries(properties).map(([name, field]) => fieldOf(name, field, { depth, required }));
}

function fieldOf(
  name: string,
  field: unknown,
  { depth, required }: { depth: number; required: unknown },
): SchemaField {
  const schema = isObject(field) ? field : {};
  const { description } = schema;
  return {
    name,
    type: typeOf(schema),
    isRequired: Array.isArray(required) && required.includes(name),
    description: typeof description === 'string' ? description : null,
    values: valuesOf(schema),
    fields: schemaFields(schema, depth + 1),
  };
}

function typeOf({ type, items, format }: JsonObject): string {
  const name = [type]
    .flat()
    .filter((each) => typeof each === 'string')
    .join(' | ');
  if (name === 'array' && isObject(items)) return `array<${typeOf(items)}>`;
  return typeof format === 'string' ? `${name} (${format})` : name;
}

function valuesOf(schema: JsonObject): string[] | null {
  if ('const' in schema) return [JSON.stringify(schema['const'])];
  return Array.isArray(schema['enum']) ? schema['enum'].map((value) => JSON.stringify(value)) : null;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
