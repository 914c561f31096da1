import * as z from 'zod/mini';

/** A job of the queue contains `data` as an object; an entry of the stream contains it as JSON text. */
const push = z.object({
  type: z.optional(z.string()),
  payload: z.object({ data: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
});

/** Returns a rejected push as a draft to correct and publish, or null if it is unreadable. */
export function parseDraft(payload: string): { type: string; data: string } | null {
  const parsed = push.safeParse(readJson(payload));
  if (!parsed.success) return null;
  const { type = '', payload: content } = parsed.data;
  return { type, data: prettyPrint(content.data) };
}

function prettyPrint(data: string | Record<string, unknown>): string {
  if (typeof data !== 'string') return JSON.stringify(data, null, 2);
  const value = readJson(data);
  return value === undefined ? data : JSON.stringify(value, null, 2);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
