// Runs npm run lint:regexps on files with good and bad regular expressions.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from './manifests.js';

const REVIEWED = '// regexp-reviewed -- one character is read again';

const SLOW = [
  // The tokens of body templates, as they were: 128 KB of \" took 5 s.
  [String.raw`const TOKEN: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"|\{[A-Za-z][^{}"]*\}/g;`, 'polynomial'],
  [String.raw`const path = text.replace(/\/+$/, '') as Path;`, 'polynomial'],
  ['export const isWord = (text: string) => /^(a+)+$/.test(text);', 'exponential'],
  ["const pattern = new RegExp('^(a|a)*$', 'i');", 'exponential'],
] as const;
const LINEAR = [
  String.raw`const TOKEN: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"?|\{[A-Za-z][^{}"]*\}/g;`,
  'const name = /^[a-z]{1,64}$/i.exec(text as string)?.[0];',
  'const quotient = total / count / 2;',
  "const pattern = RegExp('^a*$');",
];
const UNKNOWN = ['const pattern = new RegExp(`^${name}$`);', 'const pattern = /(?<=a)b*c/;'];
const UNNECESSARY = 'const name = /^a*$/;';
const REVIEWED_SLOW = 'const name = /(a+)+b/;';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-regexps-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes each source to a file and checks all files in one run. Returns the exit code and the problems of each source. */
function check(...sources: string[]) {
  const files = sources.map((source, index) => {
    const file = path.join(folder, `${index}.ts`);
    writeFileSync(file, source);
    return file;
  });
  const { status, stdout } = spawnSync(process.execPath, ['scripts/check-regexps.mjs', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const lines = stdout.split('\n');
  const problems = files.map((file) =>
    lines.filter((line) => line.startsWith(file)).map((line) => line.slice(file.length + 1)),
  );
  return { status, problems };
}

const reviewed = (source: string) => `${REVIEWED}\n${source}`;

it('rejects expressions that take more than linear time, also with a comment', () => {
  const { status, problems } = check(...SLOW.map(([source]) => `\n${source}`), reviewed(REVIEWED_SLOW));
  expect(status).toBe(1);
  expect(problems).toEqual([
    ...SLOW.map(([, complexity]) => [
      expect.stringMatching(new RegExp(`^2: .*: takes ${complexity} time, as for `)),
    ]),
    [expect.stringMatching(/^2: .*: takes exponential time/), '1: regexp-reviewed is not necessary'],
  ]);
});

it('accepts those that take linear time, and with a comment those that cannot be analysed', () => {
  const sources = [...LINEAR, ...UNKNOWN.map(reviewed)];
  expect(check(...sources)).toEqual({ status: 0, problems: sources.map(() => []) });
});

it('rejects those that cannot be analysed without a comment, and a comment that is not necessary', () => {
  const cannot = [expect.stringMatching(/^1: .* cannot be analysed/)];
  expect(check(...UNKNOWN, reviewed(UNNECESSARY))).toEqual({
    status: 1,
    problems: [...UNKNOWN.map(() => cannot), ['1: regexp-reviewed is not necessary']],
  });
});
