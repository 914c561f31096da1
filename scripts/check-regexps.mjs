// npm run lint:regexps [-- FILE…]: rejects regular expressions of the services and the CLI that take more than linear time for some
// input. One that cannot be analysed needs a comment in the line above: `// regexp-reviewed -- <why it takes linear time>`.
// An analysis takes up to 2 s, so linear-regexps.json keeps the expressions that take linear time, as the named version of recheck has
// found; `--write` adds new ones and removes others.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseSync, Visitor } from 'oxc-parser';

// In JavaScript, instead of a native program or Java.
process.env.RECHECK_BACKEND = 'pure';
const require = createRequire(import.meta.url);

/** The sources of what meets input: not the tests, and not the testkit. */
const SOURCES = ['apps/*/src/**', 'packages/*/src/**', ':!packages/testkit/**'];

/**
 * The analysis of automata decides; the alternative, random inputs, proves nothing. Each expression is decided within 2 s on a slow core:
 * the limit ends the analysis of one that is too complex for it, such as one with `{1,500}`.
 */
const ANALYSIS = { checker: 'automaton', timeout: 30_000 };

const REVIEWED = /^ *regexp-reviewed -- \S/;

const LIST = new URL('linear-regexps.json', import.meta.url);
const VERSION = require('recheck/package.json').version;

const args = process.argv.slice(2);
const mustWrite = args.includes('--write');
const files = args.filter((arg) => arg !== '--write');
const listed = readList();
const verdicts = new Map();
const problems = (files.length > 0 ? files : listSources()).flatMap(problemsOf);
if (files.length === 0) problems.push(...compareWithList());
for (const problem of problems) console.log(problem);
console.log(`${verdicts.size} regular expressions, ${problems.length} problems`);
if (problems.length > 0) process.exit(1);

/** Returns the expressions of the list, or none if another version of recheck has written it. */
function readList() {
  const { recheck, linear } = JSON.parse(readFileSync(LIST, 'utf8'));
  return new Set(recheck === VERSION ? linear : []);
}

/** Writes the list, or returns a problem if it differs from the expressions of the sources. */
function compareWithList() {
  const linear = [...verdicts]
    .filter(([, verdict]) => Object.keys(verdict).length === 0)
    .map(([key]) => key)
    .toSorted((a, b) => (a < b ? -1 : 1));
  if (mustWrite) writeFileSync(LIST, `${JSON.stringify({ recheck: VERSION, linear }, null, 2)}\n`);
  else if (linear.length !== listed.size || linear.some((key) => !listed.has(key)))
    return ['scripts/linear-regexps.json is not current: npm run lint:regexps -- --write'];
  return [];
}

function listSources() {
  const listFiles = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...SOURCES];
  return execFileSync('git', listFiles, { encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file));
}

function problemsOf(file) {
  const source = readFileSync(file, 'utf8');
  const lineAt = (offset) => source.slice(0, offset).split('\n').length;
  const { expressions, comments } = parse(file, source);
  const reviewed = new Set(
    comments.filter(({ value }) => REVIEWED.test(value)).map(({ end }) => lineAt(end) + 1),
  );
  const found = expressions.flatMap(({ pattern, flags, start }) => {
    const verdict = pattern === null ? { unknown: 'it is composed at run time' } : verdictOf(pattern, flags);
    const line = lineAt(start);
    if (verdict.unknown !== undefined && reviewed.delete(line)) return [];
    const message =
      verdict.unknown === undefined
        ? verdict.problem
        : `cannot be analysed: ${verdict.unknown}. Simplify it, or explain in the line above why it takes linear time: // regexp-reviewed -- …`;
    return message === undefined
      ? []
      : [`${file}:${line}: ${source.slice(start).split('\n')[0]}: ${message}`];
  });
  const unused = Array.from(reviewed, (line) => `${file}:${line - 1}: regexp-reviewed is not necessary`);
  return [...found, ...unused];
}

/** Returns the literals and the calls of RegExp in a source, whose pattern is null if it is not a literal, and the comments. */
function parse(file, source) {
  const { program, comments, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const expressions = [];
  const addCall = ({ callee, arguments: [pattern, flags], start }) => {
    if (callee.type !== 'Identifier' || callee.name !== 'RegExp') return;
    const isLiteral = [pattern, flags].every((each) => each === undefined || typeof each.value === 'string');
    expressions.push({ pattern: isLiteral ? pattern.value : null, flags: flags?.value ?? '', start });
  };
  new Visitor({
    Literal: ({ regex, start }) => regex && expressions.push({ ...regex, start }),
    NewExpression: addCall,
    CallExpression: addCall,
  }).visit(program);
  return { expressions, comments };
}

/** Returns an object with the problem of an expression, or with the reason why none can be found; empty if it takes linear time. */
function verdictOf(pattern, flags) {
  const key = `/${pattern}/${flags}`;
  if (!verdicts.has(key)) verdicts.set(key, listed.has(key) ? {} : analyse(pattern, flags));
  return verdicts.get(key);
}

function analyse(pattern, flags) {
  const { status, complexity, attack, error } = require('recheck').checkSync(pattern, flags, ANALYSIS);
  if (status === 'safe') return {};
  if (status === 'vulnerable') return { problem: `takes ${complexity.type} time, as for ${attack.pattern}` };
  return { unknown: error.message ?? error.kind };
}
