import { type Posthorn, PosthornError } from '@posthorn/sdk';
import { UsageError } from '../command/usage-error.js';
import type { PlannedChange } from './planned-change.js';

/** Plans the changes of a tenant or webhook. @throws UsageError that names it */
export function planOf<Plan>(name: string, plan: () => Plan): Plan {
  try {
    return plan();
  } catch (error) {
    throw named(name, error);
  }
}

const PARTICIPLES = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** Makes a change. @throws the error of the call, with a message that names what could not be changed */
export async function applyChange(change: PlannedChange, api: Posthorn): Promise<unknown> {
  const { action, kind, name, tenant } = change;
  try {
    return await change.apply(api);
  } catch (error) {
    const place = tenant === undefined ? '' : ` of ${tenant}`;
    throw named(`The ${kind} ${name}${place} could not be ${PARTICIPLES[action]}`, error);
  }
}

/** Returns an error of the same kind whose message begins with a name. */
function named(name: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = `${name}: ${error.message}`;
  if (error instanceof UsageError) return new UsageError(message, { cause: error });
  if (!(error instanceof PosthornError)) return new Error(message, { cause: error });
  const { code, status, requestId, problem, body } = error;
  return new PosthornError(message, {
    code,
    requestId,
    cause: error,
    ...(status !== undefined && { status }),
    ...(problem && { problem }),
    ...(body !== undefined && { body }),
  });
}
