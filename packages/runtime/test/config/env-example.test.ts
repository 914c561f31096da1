import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allConfig, type Field } from '../../src/config/index.js';

const FILE = path.resolve(import.meta.dirname, '../../../../.env.example');

/** Returns the paragraph of a variable: an assignment if it is required, otherwise a comment with its default. */
function paragraph(field: Field): string {
  const assignment = `${field.env}=${field.default ?? ''}`;
  return `# ${field.description}\n${field.default === undefined ? assignment : `# ${assignment}`}`;
}

describe('.env.example', () => {
  it('lists every variable with its description and default, and no others', async () => {
    const fields: Field[] = Object.values(allConfig);
    const [, ...paragraphs] = (await readFile(FILE, 'utf8')).trimEnd().split('\n\n');
    expect(paragraphs.toSorted()).toEqual(fields.map(paragraph).toSorted());
  });

  it('lists no variable twice', () => {
    const names = Object.values(allConfig).map((field) => field.env);
    expect(new Set(names).size).toBe(names.length);
  });
});
