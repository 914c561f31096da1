import { z } from 'zod';
import { UsageError } from '../command/usage-error.js';

/** A value that is not written in the file, but read from a variable of the environment. */
const reference = z.strictObject({ env: z.string().min(1) });

/** A text, or a reference to it. */
export const secretText = z.union([z.string(), reference]);

export type SecretText = z.output<typeof secretText>;

/** Names a variable after what it belongs to. */
export type NameVariable = (...parts: string[]) => string;

/** Returns a function that names variables. No two are the same: a webhook must not get the secret of another. */
export function variableNames(): NameVariable {
  const taken = new Set<string>();
  return (...parts) => {
    const base = parts
      .join('_')
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_');
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    taken.add(name);
    return name;
  };
}

/** @throws UsageError if the variable is not set */
export function resolve(value: SecretText, env: NodeJS.ProcessEnv): string {
  if (typeof value === 'string') return value;
  const text = env[value.env];
  if (text === undefined) throw new UsageError(`The environment variable ${value.env} is not set`);
  return text;
}

/** @throws UsageError if a variable is not set */
export function resolveAll(
  values: Record<string, SecretText | undefined>,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, resolve(value, env)]],
    ),
  );
}
