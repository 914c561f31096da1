import { isDeepStrictEqual } from 'node:util';
import type { Posthorn } from '@posthorn/sdk';

/** A difference between the file and the installation, and the calls that remove it. */
export interface PlannedChange {
  action: 'create' | 'update' | 'delete';
  kind: 'event type' | 'tenant' | 'egress of tenant' | 'webhook' | 'egress of webhook';
  name: string;
  tenant?: string;
  fields: FieldChange[];
  /** The webhook that is updated or deleted. */
  webhookId?: string;
  /** The webhook gets a new secret, which only the response to its creation shows. */
  generatesSecret?: true;
  apply: (api: Posthorn) => Promise<unknown>;
}

export interface FieldChange {
  name: string;
  before: unknown;
  after: unknown;
}

export interface PlanOptions {
  /** Delete event types and webhooks that are not in the file. */
  prune: boolean;
  env: NodeJS.ProcessEnv;
}

/** A tenant or webhook; its id is null until it is created. */
export interface Target {
  id: string | null;
}

export function idOf({ id }: Target): string {
  if (id === null) throw new Error('it was not created');
  return id;
}

/** The API returns tags sorted. */
export const withSortedTags = <Settings extends { tags?: string[] | undefined }>(
  settings: Settings,
): Settings => (settings.tags ? { ...settings, tags: settings.tags.toSorted() } : settings);

export function differences(before: object, after: object): FieldChange[] {
  const [old, wanted] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...wanted.keys()])]
    .filter((name) => !isDeepStrictEqual(old.get(name), wanted.get(name)))
    .map((name) => ({ name, before: old.get(name) ?? null, after: wanted.get(name) ?? null }));
}

/** Returns a body that sets all wanted fields, and resets those that only the present object has. */
export function replacing(wanted: object, present: object): Record<string, unknown> {
  return { ...Object.fromEntries(Object.keys(present).map((name) => [name, null])), ...wanted };
}
