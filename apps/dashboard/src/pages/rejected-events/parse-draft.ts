import { formatJson, memberText } from '@posthorn/core/json';
import * as z from 'zod/mini';

/** A job of the queue contains `data` as an object; an entry of the stream contains it as JSON text. */
const push = z.object({
  type: z.nullish(z.string()),
  payload: z.object({ data: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
});

/** Returns a rejected push as a draft to correct and publish, or null if it is unreadable. */
export function parseDraft(payload: string): { type: string; data: string } | null {
  const parsed = push.safeParse(readJson(payload));
  if (!parsed.success) return null;
  const { type, payload: content } = parsed.data;
  const dataText = typeof content.data === 'string' ? content.data : textOfData(payload);
  return { type: type ?? '', data: readJson(dataText) === undefined ? dataText : formatJson(dataText) };
}

/** Returns the data of a job as it was pushed. */
function textOfData(payload: string): string {
  return memberText(memberText(payload, 'payload') ?? '{}', 'data') ?? '';
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
