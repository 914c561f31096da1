// Generates the API reference from the OpenAPI document: one Markdown page per tag.
import { readFileSync } from 'node:fs';
import { ERROR_ENTRIES, FIELD_ERROR_ENTRIES, openApiDocument } from '@posthorn/contract';

/** The part of JSON Schema that the document uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  anyOf?: Schema[];
}

type Content = Record<string, { schema: Schema }>;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

interface Page {
  slug: string;
  title: string;
  content: string;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const document = openApiDocument(version);
const { tags } = document;

/* oxlint-disable typescript/no-unsafe-type-assertion -- openApiDocument generates both */
const paths = document.paths as Record<string, Record<string, Operation>>;
const schemas = document.components.schemas as Record<string, Schema>;
/* oxlint-enable typescript/no-unsafe-type-assertion */

const SCHEMAS = 'schemas';

export function referencePages(): Page[] {
  return [
    ...tags.map(({ name }) => ({ slug: slugOf(name), title: name, content: callsOf(name) })),
    { slug: SCHEMAS, title: 'Schemas', content: Object.keys(schemas).map(schemaSection).join('\n') },
    { slug: 'errors', title: 'Errors', content: errorsContent() },
  ];
}

/** Returns an entry per error code, as on the page that every installation serves at /docs/errors. */
function errorsContent(): string {
  const entries = ERROR_ENTRIES.map(
    ({ code, status, title, cause, remedy }) =>
      `## \`${code}\` {#${code}}\n\n${status}: ${title}\n\n**Cause:** ${cause}\n\n**Remedy:** ${remedy}\n`,
  );
  const fields = FIELD_ERROR_ENTRIES.map(
    ({ code, message }) => `| \`${code}\` | ${message.replaceAll('|', '\\|')} |`,
  );
  return [
    ...entries,
    '## Codes of fields {#fields}\n',
    '| Code | Message |',
    '| --- | --- |',
    ...fields,
  ].join('\n');
}

function callsOf(tag: string): string {
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
  return calls
    .filter(({ operation }) => operation.tags.includes(tag))
    .map(callSection)
    .join('\n');
}

function callSection(call: { method: string; path: string; operation: Operation }): string {
  const { summary, operationId, description = '', parameters = [], requestBody, responses } = call.operation;
  const body = requestBody && Object.values(requestBody.content)[0]?.schema;
  return [
    `## ${summary} {#${operationId}}`,
    `\`${call.method.toUpperCase()} ${call.path}\``,
    description,
    ...(parameters.length > 0 ? ['### Parameters', parameterTable(parameters)] : []),
    ...(body ? ['### Body', fieldTable(resolved(body))] : []),
    '### Responses',
    table(['status', 'body', 'description'], Object.entries(responses).map(responseRow)),
    '',
  ].join('\n\n');
}

function parameterTable(parameters: Parameter[]): string {
  const rows = parameters.map(({ name, in: place, required, description = '', schema }) => [
    nameOf(name, required),
    place,
    typeOf(schema),
    descriptionOf({ ...schema, description }),
  ]);
  return table(['name', 'in', 'type', 'description'], rows);
}

function responseRow([status, { description, content = {} }]: [string, Operation['responses'][string]]) {
  const bodies = Object.values(content).map(({ schema }) => typeOf(schema));
  return [status, bodies.join(' '), description];
}

function schemaSection(name: string): string {
  const schema = schemas[name] ?? {};
  return [`## ${name} {#${slugOf(name)}}`, schema.description ?? '', fieldTable(schema), ''].join('\n\n');
}

function fieldTable(schema: Schema): string {
  const rows = fieldsOf(schema);
  return rows.length > 0 ? table(['field', 'type', 'description'], rows) : typeOf(schema);
}

/** Returns one row per field. Nested fields have a path: `rateLimit.limit`. */
function fieldsOf(schema: Schema, prefix = ''): string[][] {
  const parts = schema.allOf?.map(resolved) ?? [schema];
  const fields = parts.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, field]) => ({ name, field, required: required.includes(name) })),
  );
  return fields.flatMap(({ name, field, required }) =>
    [[nameOf(prefix + name, required), typeOf(field), descriptionOf(field)]].concat(
      fieldsOf(field, `${prefix}${name}.`),
      fieldsOf(field.items ?? {}, `${prefix}${name}[].`),
    ),
  );
}

const nameOf = (name: string, required = false): string => `\`${name}\`${required ? ' *' : ''}`;

function typeOf(schema: Schema): string {
  if (schema.$ref) return `[${refOf(schema.$ref)}](/reference/${SCHEMAS}#${slugOf(refOf(schema.$ref))})`;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeOf).join(', ');
  const types = [schema.type ?? 'anything'].flat().join(' or ');
  return schema.items ? `${types} of ${typeOf(schema.items)}` : types;
}

function descriptionOf({ description = '', default: value, anyOf: [first] = [], ...schema }: Schema): string {
  const { minimum, maximum } = first ?? schema;
  const facts = [
    description,
    value === undefined ? '' : `Default: \`${JSON.stringify(value)}\`.`,
    minimum === undefined || maximum === undefined ? '' : `${minimum} to ${maximum}.`,
  ];
  return facts.filter(Boolean).join(' ');
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map(lineOf).join('\n');
}

const lineOf = (cells: string[]): string => `| ${cells.map(cellOf).join(' | ')} |`;

const cellOf = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, '<br>');

const refOf = (ref: string): string => ref.replace('#/components/schemas/', '');

const resolved = (schema: Schema): Schema => (schema.$ref ? (schemas[refOf(schema.$ref)] ?? {}) : schema);

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}
