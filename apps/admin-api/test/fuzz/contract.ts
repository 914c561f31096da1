import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Schema } from './schema-arbitrary.js';

interface Content {
  content?: Record<string, { schema: Schema }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

/** An operation of the OpenAPI document. */
export interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
  requestBody?: Content | undefined;
  responses: Record<string, Content>;
}

export interface OpenApiDocument {
  paths: Record<
    string,
    Record<string, Pick<Operation, 'requestBody' | 'responses'> & { parameters?: Parameter[] }>
  >;
  components: { schemas: Record<string, Schema> };
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

export function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      requestBody,
      responses,
    })),
  );
}

export function resolverOf({ components }: OpenApiDocument): (reference: string) => Schema {
  return (reference) => {
    const schema = components.schemas[reference.replace('#/components/schemas/', '')];
    if (!schema) throw new Error(`${reference} is not in the document`);
    return schema;
  };
}

/** The status that Node itself sends, before there is a request, if the URL and the headers have over 16 KB. */
const TOO_LARGE_FOR_NODE = 431;

/** Checks responses against the document: status, content type and body. */
export function answerChecker({ components }: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components });
  const compiled = new Map<Schema, ValidateFunction>();

  function validatorOf(schema: Schema): ValidateFunction {
    const cached = compiled.get(schema);
    if (cached) return cached;
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const validate = ajv.compile(JSON.parse(text));
    compiled.set(schema, validate);
    return validate;
  }

  /** Returns how a response violates the contract, or null if it does not. */
  return ({ responses }: Operation, { status, headers, text }: Answered): string | null => {
    if (status >= 500) return `it is a ${status}: ${text}`;
    if (status !== TOO_LARGE_FOR_NODE && headers.get('x-request-id') === null)
      return 'it has no x-request-id';
    const declared = responses[String(status)];
    if (!declared) return `${status} is not in the document: ${text}`;
    const [type] = (headers.get('content-type') ?? '').split(';');
    if (!declared.content) return text === '' ? null : 'it has a body';
    const content = declared.content[type ?? ''];
    if (!content) return `${type} is not in the document`;
    if (status >= 400 && type !== 'application/problem+json') return `an error as ${type}`;
    // Not lines of JSON.
    if (!type || !/[/+]json$/.test(type)) return null;
    const validate = validatorOf(content.schema);
    return validate(JSON.parse(text)) ? null : `${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`;
  };
}
