import { defaultPathSerializer } from 'openapi-fetch';

/**
 * Returns a path of the API with its ids.
 *
 * @throws TypeError if an id is empty or would change the path
 */
export function serializePath(template: string, ids: Record<string, unknown>): string {
  for (const [name, id] of Object.entries(ids))
    if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new TypeError(`Invalid ${name}: ${String(id)}`);
  return defaultPathSerializer(template, ids);
}
