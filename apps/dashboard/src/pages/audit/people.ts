import type { AuditEntry } from './audit-entry.js';

export interface ActorPerson {
  id: string;
  name: string;
}

/** Returns whether an actor is a person. Other actors are API keys. */
export const isPersonId = (actorId: string | undefined): actorId is string =>
  actorId?.startsWith('per_') === true;

/** What the name of an actor has in addition if a session or a portal link of the person made the change. */
const MEANS = / \((?:session|portal)\)$/;

/** Returns the people among the actors of entries, each once, by name. */
export function peopleOf(entries: readonly AuditEntry[]): ActorPerson[] {
  const names = new Map<string, string>();
  for (const { actor } of entries)
    if (actor.personId !== null && !names.has(actor.personId))
      names.set(actor.personId, actor.name.replace(MEANS, ''));
  return [...names]
    .map(([id, name]) => ({ id, name }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
}
