import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { configFields, type Field } from '../../src/config/index.js';

const FILE = path.resolve(import.meta.dirname, '../../../../.env.example');

/** A variable as .env.example shows it: what must be set as an assignment, the rest as a comment with its default. */
function paragraph(field: Field): string {
  const assignment = `${field.env}=${field.default ?? ''}`;
  return `# ${field.description}\n${field.default === undefined ? assignment : `# ${assignment}`}`;
}

describe('.env.example', () => {
  it('lists exactly the variables there are, with their descriptions and defaults', async () => {
    const fields: Field[] = Object.values(configFields);
    const [, ...paragraphs] = (await readFile(FILE, 'utf8')).trimEnd().split('\n\n');
    expect(paragraphs.toSorted()).toEqual(fields.map(paragraph).toSorted());
  });

  it('names no variable twice', () => {
    const names = Object.values(configFields).map((field) => field.env);
    expect(new Set(names).size).toBe(names.length);
  });
});
