import { z } from 'zod';
import { rule } from './rule.js';

/** Maximum number of tags of a tenant or webhook. */
const MAX_TAGS = 20;
const MAX_LENGTH = 50;

const TAG = `[A-Za-z0-9_.:-]{1,${MAX_LENGTH}}`;

const tag = z
  .string()
  // regexp-reviewed -- characters that occur once, from the start
  .regex(new RegExp(`^${TAG}$`), rule('not_tag', { max: MAX_LENGTH }));

/** The tags of a tenant or webhook. Parsed to a sorted list. */
export const tags = z
  .array(tag)
  .max(MAX_TAGS)
  .refine((list) => new Set(list).size === list.length, rule('duplicates'))
  .transform((list) => list.toSorted())
  .meta({ uniqueItems: true, example: ['enterprise', 'region:eu'] });

const TAGS_PATTERN = `^${TAG}(?:,${TAG}){0,${MAX_TAGS - 1}}$`;

/** The tags that a list is filtered by: a query parameter that may be repeated. */
export const tagFilter = (items: string) =>
  z
    .string()
    // regexp-reviewed -- tags of limited length, separated by a character that they do not have
    .regex(new RegExp(TAGS_PATTERN), rule('list_of', { max: MAX_TAGS, example: 'enterprise,region:eu' }))
    .transform((list) => list.split(','))
    .pipe(z.array(z.string()))
    .optional()
    .meta({
      pattern: TAGS_PATTERN,
      example: 'enterprise',
      description: `Returns only ${items} with this tag. Repeated, or with several tags separated by commas: with all of them.`,
    });
