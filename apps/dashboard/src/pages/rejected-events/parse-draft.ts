import * as z from 'zod/mini';

/** As a job of the queue has its data, or as an entry of the stream has it: as JSON text. */
const push = z.object({
  type: z.optional(z.string()),
  payload: z.object({ data: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
});

/** A refused push as a draft to correct and publish; null when too little of it can be read. */
export function parseDraft(payload: string): { type: string; data: string } | null {
  const parsed = push.safeParse(readJson(payload));
  if (!parsed.success) return null;
  const { type = '', payload: content } = parsed.data;
  return { type, data: layOut(content.data) };
}

function layOut(data: string | Record<string, unknown>): string {
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
