import { fieldError } from '@posthorn/core';
import { Ajv, type Options } from 'ajv';
import { default as draft04 } from 'ajv-draft-04';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import draft06Metaschema from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };
import { SchemaError } from './schema-error.js';

/** A version of JSON Schema. */
export interface Draft {
  /** The URI of its metaschema. */
  uri: string;
  createAjv: (options: Options) => Ajv;
}

/** Up to draft-07, keywords beside `$ref` have no effect. */
const REF_ONLY = { ignoreKeywordsWithRef: true };

const LATEST: Draft = {
  uri: 'https://json-schema.org/draft/2020-12/schema',
  createAjv: (options) => new Ajv2020(options),
};

const DRAFTS: readonly Draft[] = [
  LATEST,
  {
    uri: 'https://json-schema.org/draft/2019-09/schema',
    createAjv: (options) => new Ajv2019(options),
  },
  {
    uri: 'http://json-schema.org/draft-07/schema',
    createAjv: (options) => new Ajv({ ...options, ...REF_ONLY }),
  },
  {
    uri: 'http://json-schema.org/draft-06/schema',
    createAjv(options) {
      const ajv = new Ajv({ ...options, ...REF_ONLY });
      return options.meta === false ? ajv : ajv.addMetaSchema(draft06Metaschema);
    },
  },
  {
    uri: 'http://json-schema.org/draft-04/schema',
    createAjv: (options) => new draft04.default({ ...options, ...REF_ONLY }),
  },
];

/**
 * Returns the draft that a schema names in `$schema`, or the latest one if it names none.
 * @throws SchemaError when the draft is not supported
 */
export function draftOf(schema: { $schema?: unknown }): Draft {
  const { $schema } = schema;
  if ($schema === undefined) return LATEST;
  const draft = typeof $schema === 'string' && DRAFTS.find(({ uri }) => isSameDraft(uri, $schema));
  if (draft) return draft;
  const drafts = DRAFTS.map(({ uri }) => uri).join(', ');
  throw new SchemaError([fieldError('schema.$schema', 'schema_draft', { drafts })]);
}

/** Both protocols are in use, and an empty fragment has no meaning. */
function isSameDraft(a: string, b: string): boolean {
  const [first, second] = [a, b].map((uri) => uri.replace(/^https?:/, '').replace(/#$/, ''));
  return first === second;
}
