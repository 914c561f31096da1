import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Field } from './field.js';

/** More than the longest value, in bytes. */
const MAX_BYTES = 64 * 1024;

/** The variable that names the file of a secret. */
export const fileVariable = ({ env }: Field): string => `${env}_FILE`;

/** By the variable of the secret. */
interface SecretFiles {
  texts: Map<string, string>;
  problems: Map<string, string>;
}

/** Reads the secrets that are in files, as Docker and Kubernetes mount them. */
export function readSecretFiles(
  fields: readonly Field[],
  env: Record<string, string | undefined>,
): SecretFiles {
  const files: SecretFiles = { texts: new Map(), problems: new Map() };
  for (const field of fields) {
    const variable = fileVariable(field);
    const file = field.secret && env[variable];
    if (!file) continue;
    const result = env[field.env] ? { problem: `and ${field.env} are both set` } : readSecretFile(file);
    if ('text' in result) files.texts.set(field.env, result.text);
    else files.problems.set(field.env, `${variable} ${result.problem}`);
  }
  return files;
}

/** Returns the content of a file without the newline at its end. */
function readSecretFile(file: string): { text: string } | { problem: string } {
  let content: Buffer;
  try {
    // Opening a pipe waits for a writer.
    if (!statSync(file).isFile()) return { problem: 'is not the path of a file' };
    content = readStart(file);
  } catch (error) {
    return { problem: `names a file that cannot be read (${codeOf(error)})` };
  }
  if (content.length > MAX_BYTES) return { problem: `names a file of more than ${MAX_BYTES} bytes` };
  const text = content.toString('utf8').replace(/\r?\n$/, '');
  return text === '' ? { problem: 'names an empty file' } : { text };
}

/** Returns at most one byte more than allowed. */
function readStart(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const content = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, content, length, content.length - length, null);
      length += count;
      if (count === 0 || length === content.length) return content.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
