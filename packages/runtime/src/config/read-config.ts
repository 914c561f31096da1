import type { Field } from './field.js';
import { fileVariable, readSecretFiles } from './secret-files.js';
import { allConfig } from './shapes.js';

/** The fields that a process reads, by property name. */
export type ConfigShape = Record<string, Field>;

export type Config<Shape extends ConfigShape> = {
  [Name in keyof Shape]: Shape[Name] extends Field<infer Value> ? Value : never;
};

/** Invalid configuration. The message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const KNOWN = new Set(
  Object.values(allConfig).flatMap((field: Field) =>
    field.secret ? [field.env, fileVariable(field)] : [field.env],
  ),
);

/**
 * Reads and validates the environment at start-up. A secret may be in a file.
 * @throws ConfigError with a line for each variable that is missing, invalid or unknown
 */
export function readConfig<Shape extends ConfigShape>(
  shape: Shape,
  env: Record<string, string | undefined>,
): Config<Shape> {
  const problems = Object.keys(env)
    .filter((name) => name.startsWith('POSTHORN_') && !KNOWN.has(name))
    .map((name) => `${name} is not a setting of Posthorn: see .env.example for the list`);
  const files = readSecretFiles(Object.values(shape), env);
  problems.push(...files.problems.values());
  const config: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    if (files.problems.has(field.env)) continue;
    // Empty means unset: Compose files and Helm charts pass empty variables.
    const text = files.texts.get(field.env) || env[field.env] || field.default;
    if (text === undefined) {
      problems.push(`${field.env} is not set: ${field.description}`);
      continue;
    }
    const result = field.schema.safeParse(text);
    if (result.success) config[name] = result.data;
    else problems.push(`${field.env} ${result.error.issues[0]?.message ?? 'is not valid'}`);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value came from its own field's schema
  return config as Config<Shape>;
}

/** Returns the effective configuration for the start-up log. The value of a secret is replaced by `(set)`. */
export function describeConfig(
  shape: ConfigShape,
  env: Record<string, string | undefined>,
): Record<string, string> {
  return Object.fromEntries(
    Object.values(shape).map((field) => {
      const text = env[field.env] || (field.secret && env[fileVariable(field)]) || (field.default ?? '');
      return [field.env, field.secret && text !== '' ? '(set)' : text];
    }),
  );
}

/**
 * Returns the environment with the content of the files of secrets in place of their names.
 * @throws ConfigError with a line for each file that cannot be used
 */
export function withSecretFiles(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const fields: Field[] = Object.values(allConfig);
  const { texts, problems } = readSecretFiles(fields, env);
  if (problems.size > 0) throw new ConfigError(Array.from(problems.values()).join('\n'));
  const names = new Set(fields.filter((field) => texts.has(field.env)).map(fileVariable));
  const others = Object.entries(env).filter(([name]) => !names.has(name));
  return { ...Object.fromEntries(others), ...Object.fromEntries(texts) };
}
