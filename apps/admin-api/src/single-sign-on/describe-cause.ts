import { plainLine } from '@posthorn/core';

const MAX_LENGTH = 500;

/**
 * Returns why a conversation with the identity provider failed, for the log: the messages and codes of an error and of its causes. The
 * errors themselves can have claims of people.
 */
export function describeCause(error: unknown): string {
  const parts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) parts.push(describe(each));
  return plainLine(parts.join('; '), MAX_LENGTH);
}

/** OAuth 2.0 errors have a code and its description as members. */
const MEMBERS = ['code', 'error', 'error_description'] as const;

function describe(error: Error): string {
  const members = MEMBERS.map((name): unknown => Reflect.get(error, name));
  const codes = members.filter((member) => typeof member === 'string');
  return [error.message, ...codes].join(' ');
}
