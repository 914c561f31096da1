// Runs npm run lint:regexps on files with good and bad regular expressions.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from './manifests.js';

const REVIEWED = '// regexp-reviewed -- one character is read again';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-regexps-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function check(...lines: string[]) {
  const file = path.join(folder, 'source.ts');
  writeFileSync(file, lines.join('\n'));
  const { status, stdout } = spawnSync(process.execPath, ['scripts/check-regexps.mjs', file], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, problems: stdout.replaceAll(`${file}:`, '').split('\n').slice(0, -2) };
}

it.each([
  // The tokens of body templates, as they were: 128 KB of \" took 5 s.
  [String.raw`const TOKEN: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"|\{[A-Za-z][^{}"]*\}/g;`, 'polynomial'],
  [String.raw`const path = text.replace(/\/+$/, '') as Path;`, 'polynomial'],
  ['export const isWord = (text: string) => /^(a+)+$/.test(text);', 'exponential'],
  ["const pattern = new RegExp('^(a|a)*$', 'i');", 'exponential'],
])('rejects %s', (source, complexity) => {
  expect(check('', source)).toEqual({
    status: 1,
    problems: [expect.stringMatching(new RegExp(`^2: .*: takes ${complexity} time, as for `))],
  });
});

it.each([
  String.raw`const TOKEN: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"?|\{[A-Za-z][^{}"]*\}/g;`,
  'const name = /^[a-z]{1,64}$/i.exec(text as string)?.[0];',
  'const quotient = total / count / 2;',
  "const pattern = RegExp('^a*$');",
])('accepts %s', (source) => expect(check(source)).toEqual({ status: 0, problems: [] }));

it.each(['const pattern = new RegExp(`^${name}$`);', 'const pattern = /(?<=a)b*c/;'])(
  'accepts %s only with a comment, because it cannot be analysed',
  (source) => {
    expect(check(source)).toEqual({
      status: 1,
      problems: [expect.stringMatching(/^1: .* cannot be analysed/)],
    });
    expect(check(REVIEWED, source)).toEqual({ status: 0, problems: [] });
  },
);

it('rejects a comment that is not necessary', () => {
  expect(check(REVIEWED, 'const name = /^a*$/;')).toEqual({
    status: 1,
    problems: ['1: regexp-reviewed is not necessary'],
  });
  expect(check(REVIEWED, 'const name = /(a+)+b/;').status).toBe(1);
});
