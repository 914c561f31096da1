import schemas from '@octokit/webhooks-schemas' with { type: 'json' };
import { isJsonObject } from '@posthorn/contract';

const definitions: Record<string, unknown> = schemas.definitions;

/** Returns the schema of one event as a separate document: with the definitions that it refers to, and no others. */
export function octokitSchema(name: string): Record<string, unknown> {
  const $ref = `#/definitions/${name}`;
  const used = [...definitionsUsedBy({ $ref })].map((one) => [one, definitions[one]]);
  return { $schema: schemas.$schema, $ref, definitions: Object.fromEntries(used) };
}

/** The names of the definitions of all events: `push$event`, `pull_request_event`. */
export const octokitEvents: readonly string[] = schemas.oneOf.map(({ $ref }) =>
  $ref.replace('#/definitions/', ''),
);

function definitionsUsedBy(schema: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) definitionsUsedBy(item, found);
  if (!isJsonObject(schema)) return found;
  for (const [keyword, value] of Object.entries(schema)) {
    const name = keyword === '$ref' ? String(value).replace('#/definitions/', '') : null;
    if (name === null) definitionsUsedBy(value, found);
    else if (!found.has(name)) definitionsUsedBy(definitions[name], found.add(name));
  }
  return found;
}
