import type { components } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import type { FieldChange } from './planned-change.js';

/** A setting that the API does not return as it is set: it is set only if what can be compared differs. */
export interface HiddenValue<Configured> {
  /** Returns what is compared and printed, without secrets. */
  comparable: (value: Configured, comparison: Comparison) => unknown;
  /** Returns the value in a request. @throws UsageError if a variable is not set */
  requested: (value: Configured, env: NodeJS.ProcessEnv) => unknown;
}

export interface Comparison {
  env: NodeJS.ProcessEnv;
  /** The tenant or webhook as the API returned it. Undefined for a new one. */
  read: Pick<components['schemas']['Webhook'], 'clientCertificate' | 'caCertificates'> | undefined;
}

type HiddenValues = Readonly<Record<string, HiddenValue<never>>>;

/** Returns the hidden settings that an object of the file has. */
const given = (configured: object, hidden: HiddenValues) =>
  Object.entries(hidden).flatMap(([name, row]) => {
    const value: unknown = Reflect.get(configured, name);
    return value === undefined ? [] : [{ name, row, value: unchecked<never>(value) }];
  });

/** Returns what is compared of the hidden settings of a tenant or webhook. */
export const comparableHidden = (configured: object, hidden: HiddenValues, comparison: Comparison) =>
  Object.fromEntries(
    given(configured, hidden).map(({ name, row, value }) => [name, row.comparable(value, comparison)]),
  );

/** Returns the hidden settings of a new tenant or webhook in a request. @throws UsageError if a variable is not set */
export const requestedHidden = (configured: object, hidden: HiddenValues, env: NodeJS.ProcessEnv) =>
  Object.fromEntries(
    given(configured, hidden).map(({ name, row, value }) => [name, row.requested(value, env)]),
  );

/**
 * Returns the hidden settings that differ, in a request. Null resets one that the file does not have.
 *
 * @throws UsageError if the variable of a setting that differs is not set
 */
export function changedHidden(
  configured: object,
  hidden: HiddenValues,
  { fields, env }: { fields: readonly FieldChange[]; env: NodeJS.ProcessEnv },
): Record<string, unknown> {
  const changed = fields.flatMap(({ name }) => {
    const row = hidden[name];
    return row ? [[name, row] as const] : [];
  });
  const reset = Object.fromEntries(changed.map(([name]) => [name, null]));
  return { ...reset, ...requestedHidden(configured, Object.fromEntries(changed), env) };
}

export const withoutHidden = (body: object, hidden: HiddenValues): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(hidden, name)));
