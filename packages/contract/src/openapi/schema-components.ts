import { z } from 'zod';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 contains them. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

const REFERENCE = '#/components/schemas/';

/**
 * Converts zod schemas to JSON Schemas. A schema with an `id` in its metadata becomes a component of that name, and is a
 * reference wherever it is used.
 */
export class SchemaComponents {
  readonly #components = new Map<string, JsonSchema>();
  /** Most schemas occur in many operations, and a conversion takes milliseconds. */
  readonly #converted = { input: new Map<z.ZodType, JsonSchema>(), output: new Map<z.ZodType, JsonSchema>() };

  /** Returns the schema of a request: what is accepted before defaults and transforms. */
  ofInput(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, 'input');
  }

  ofOutput(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, 'output');
  }

  /** Returns the components so far, sorted by name. */
  sorted(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].toSorted(([a], [b]) => a.localeCompare(b)));
  }

  #convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const known = this.#converted[io].get(schema);
    if (known) return known;
    // A property, because zod does not make a reference of the root.
    const { properties = {}, $defs = {} } = z.toJSONSchema(z.object({ root: schema }), {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => adapt(zodSchema, jsonSchema),
    });
    for (const [id, component] of Object.entries($defs)) this.#add(id, asOpenApi(component));
    const converted = asOpenApi(properties['root']);
    this.#converted[io].set(schema, converted);
    return converted;
  }

  /** @throws Error if another schema has the same name, or the same schema differs in requests and responses */
  #add(id: string, component: JsonSchema): void {
    const existing = this.#components.get(id);
    if (existing && JSON.stringify(existing) !== JSON.stringify(component))
      throw new Error(`Two different schemas have the id ${id}`);
    this.#components.set(id, component);
  }
}

/** Adapts a JSON Schema of zod to what readers and code generators expect. */
function adapt(schema: z.core.$ZodType, json: JsonSchema): void {
  const { default: value, id } = z.globalRegistry.get(schema) ?? {};
  // zod omits the default of a value that is transformed.
  if (value !== undefined) json.default = value;
  // The format says the same.
  if (json.format === 'date-time') delete json.pattern;
  if (json.type === 'integer') describeRange(json);
  // Generated code would contain the value as a literal, which few languages have for objects.
  if (typeof json.default === 'object' && json.default !== null) delete json.default;
  if (json.enum && id !== undefined) json['x-enum-varnames'] = namesOf(id, json.enum);
  if (saysOnlyString(json.propertyNames)) delete json.propertyNames;
}

/** zod describes the names of every object, which are strings. */
function saysOnlyString(schema: JsonSchema['propertyNames']): boolean {
  return typeof schema === 'object' && Object.keys(schema).every((keyword) => keyword === 'type');
}

/** Replaces the range of safe integers, which generated code would check, by a format. */
function describeRange(json: JsonSchema): void {
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum !== Number.MAX_SAFE_INTEGER) return;
  delete json.maximum;
  json.format = 'int64';
}

/**
 * Returns names for the values of an enumeration, which generated code uses: `SCOPE_WEBHOOKS_READ`. They begin with the name of the
 * enumeration, because Go has one namespace for the constants of all.
 */
function namesOf(id: string, values: readonly unknown[]): string[] {
  const prefix = id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_');
  return values.map((value) => `${prefix}_${String(value)}`.replaceAll(/\W/g, '_').toUpperCase());
}

function asOpenApi(schema: unknown): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"${REFERENCE}`);
  return JSON.parse(text, (_name, value: JsonSchema | null) => nullableAsAnyOf(value));
}

/** Rewrites a schema that accepts null to `anyOf`, which every generator understands, and describes it as a whole. */
function nullableAsAnyOf(schema: JsonSchema | null): JsonSchema | null {
  if (Array.isArray(schema?.type)) {
    const { type, ...rest } = schema;
    return { ...rest, anyOf: type.map((each: JsonSchema['type']) => ({ type: each })) };
  }
  const [value, nullType] = schema?.anyOf ?? [];
  if (typeof value !== 'object' || typeof nullType !== 'object' || nullType.type !== 'null') return schema;
  const { description, example, ...rest } = value;
  return {
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
    ...schema,
    anyOf: [rest, nullType],
  };
}
