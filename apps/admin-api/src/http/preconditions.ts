import type { IncomingHttpHeaders } from 'node:http';
import { CONDITION } from '@posthorn/contract';
import { type FieldError, fieldError, PosthornError } from '@posthorn/core';

/** The conditions of a request on the entity tag of its resource (RFC 9110, section 13). */
export interface Preconditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
}

export const NO_PRECONDITIONS: Preconditions = { ifMatch: undefined, ifNoneMatch: undefined };

export const preconditionsOf = (headers: IncomingHttpHeaders): Preconditions => ({
  ifMatch: headers['if-match'],
  ifNoneMatch: headers['if-none-match'],
});

/** Entity tags: texts in quotes, after `W/` if they are weak. */
const TAGS = /(?:W\/)?"[^"]*"/g;

/** Returns what is wrong with the conditions of a request. */
export function preconditionErrors({ ifMatch, ifNoneMatch }: Preconditions): FieldError[] {
  const invalid = Object.entries({ 'If-Match': ifMatch, 'If-None-Match': ifNoneMatch }).filter(
    ([, condition]) => condition !== undefined && !CONDITION.test(condition),
  );
  return invalid.map(([path]) => fieldError(path, 'not_entity_tags'));
}

/**
 * Asserts the conditions of a change.
 * @param tag the entity tag of the resource; null if it does not exist
 * @throws PosthornError `precondition_failed`
 */
export function assertPreconditions({ ifMatch, ifNoneMatch }: Preconditions, tag: string | null): void {
  const isMatched = ifMatch === undefined || (tag !== null && matches(ifMatch, tag));
  const isNew = ifNoneMatch === undefined || tag === null || !matchesWeakly(ifNoneMatch, tag);
  if (!isMatched || !isNew) throw new PosthornError('precondition_failed');
}

/** Returns whether the client of a GET already has the resource with this tag. */
export const isNotModified = ({ ifNoneMatch }: Preconditions, tag: string): boolean =>
  ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, tag);

/** Weak tags never match: our tags are strong. */
const matches = (condition: string, tag: string): boolean =>
  condition === '*' || tagsIn(condition).includes(tag);

const matchesWeakly = (condition: string, tag: string): boolean =>
  condition === '*' || tagsIn(condition).some((each) => each.replace(/^W\//, '') === tag);

const tagsIn = (condition: string): string[] => condition.match(TAGS) ?? [];
