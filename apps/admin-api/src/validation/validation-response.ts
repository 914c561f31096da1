import { z } from 'zod';

const absent = z.never().optional();

/** A response that confirms a code. One with a member of the request may be an echo, which does not show that its receiver agrees. */
const confirmation = z.looseObject({ code: z.string(), id: absent, data: absent, webhookId: absent });

/** Returns whether a receiver's response to a validation request confirms the code. */
export function confirmsCode(responseBody: string, code: string): boolean {
  const parsed = confirmation.safeParse(parseJson(responseBody));
  return parsed.success && parsed.data.code.trim().toUpperCase() === code;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
