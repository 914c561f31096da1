// npm run mutants [-- NAME…]: applies each mutant of mutants/*.mjs to a copy of the last commit, without a build, and runs the unit tests
// that import the changed file, the nearest first, until one fails. NAME selects the mutants whose name or file contains it. Requires a
// build of the clone, for PostgreSQL and Redis. The last line reads `mutants: N killed, M survived`. Options:
//   --check       only checks that the source has the texts that the mutants replace
//   --list        prints the mutants and the number of tests that reach each
//   --from=N, --to=M  selects by position
//   --files=N     the most test files for a mutant, by default 40
//   --workers=N   processes of Jest, 1 or 2 (the default)
//   --json=FILE   keeps the results in FILE, and replaces those of the same mutants in it
//   --resume      skips the mutants that are killed in FILE
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useMemoryFolder } from './memory-folder.mjs';
import { candidatesIn } from './mutants/tool/candidates.mjs';
import { copyOfCommit } from './mutants/tool/copy.mjs';
import { testRunner } from './mutants/tool/run-tests.mjs';
import { dropTestDatabases, startServers, stopServers } from './mutants/tool/servers.mjs';
import { root } from './setup.mjs';

/** Most mutants are killed by the first files. Each further start of Jest costs seconds. */
const BATCHES = [4, 12, Infinity];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean' },
    list: { type: 'boolean' },
    from: { type: 'string', default: '1' },
    to: { type: 'string' },
    files: { type: 'string', default: '40' },
    workers: { type: 'string', default: '2' },
    json: { type: 'string' },
    resume: { type: 'boolean' },
  },
});
process.chdir(root);
const mutants = await readMutants();
for (const mutant of mutants) mutated(root, mutant);
if (options.check) process.exit();
const done = new Set(
  options.resume ? storedResults().flatMap(({ name, verdict }) => (verdict === 'killed' ? name : [])) : [],
);
const selected = mutants
  .slice(Number(options.from) - 1, options.to && Number(options.to))
  .filter(({ name, file }) => names.length === 0 || names.some((part) => `${name} ${file}`.includes(part)))
  .filter(({ name }) => !done.has(name));

// The folders are removed at the exit.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void stopServers().finally(() => process.exit(130)));
useMemoryFolder();
const copy = realpathSync(copyOfCommit(root));
const candidates = candidatesIn(copy);
const runTests = testRunner(copy, options.workers === '1' ? 1 : 2);
if (options.list) {
  for (const mutant of selected) console.log(`${mutant.name}: ${candidates(mutant).length} files`);
  process.exit();
}
/** The tests that have passed with another mutant or without one. */
const passing = new Set();
const counts = { killed: 0, survived: 0, unreliable: 0, broken: 0 };
await startServers();
try {
  for (const mutant of selected) {
    const startedAtMs = Date.now();
    const verdict = await verdictOn(mutant);
    await dropTestDatabases();
    report(mutant, { ...verdict, seconds: Math.round((Date.now() - startedAtMs) / 1000) });
  }
} finally {
  await stopServers();
}
const others = counts.unreliable + counts.broken;
if (others > 0) console.log(`without a verdict: ${counts.unreliable} unreliable, ${counts.broken} broken`);
console.log(`mutants: ${counts.killed} killed, ${counts.survived} survived`);
process.exitCode = counts.survived + others > 0 ? 1 : 0;

async function readMutants() {
  const folder = path.join(root, 'scripts/mutants');
  const lists = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const modules = await Promise.all(lists.map((name) => import(path.join(folder, name))));
  const all = modules.flatMap(({ default: list }, index) =>
    list.map((mutant) => ({ ...mutant, name: `${path.basename(lists[index], '.mjs')}: ${mutant.name}` })),
  );
  const repeated = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (repeated) throw new Error(`Two mutants have the name ${repeated.name}`);
  return all;
}

/** Returns the text of the file of a mutant, and with the mutant. */
function mutated(folder, { name, file, from, to }) {
  const text = readFileSync(path.join(folder, file), 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${name}: ${file} must contain this text once: ${from}`);
  return { text, changed: text.replace(from, () => to) };
}

function storedResults() {
  return options.json && existsSync(options.json) ? JSON.parse(readFileSync(options.json, 'utf8')) : [];
}

async function verdictOn(mutant) {
  const { text, changed } = mutated(copy, mutant);
  writeFileSync(path.join(copy, mutant.file), changed);
  let failure;
  let ran = 0;
  const tests = candidates(mutant).slice(0, Number(options.files));
  for (const size of BATCHES) {
    const batch = tests.slice(ran, ran + size);
    if (batch.length > 0) failure = await runTests(batch, isFailure);
    ran += batch.length;
    if (failure) break;
  }
  writeFileSync(path.join(copy, mutant.file), text);
  if (!failure) return { verdict: 'survived', ran };
  if (failure.status === 'broken') return { verdict: 'broken', ran, ...failure };
  const isReliable = failure.status === 'timeout' || passing.has(keyOf(failure)) || (await passes(failure));
  return { verdict: isReliable ? 'killed' : 'unreliable', ran, ...failure };
}

function isFailure(result) {
  if (result.status === 'passed') passing.add(keyOf(result));
  return result.status === 'failed' || result.status === 'broken';
}

/** Returns whether a test passes without a mutant. */
async function passes({ file, test }) {
  const result = await runTests([file], (other) => {
    if (other.status === 'passed') passing.add(keyOf(other));
    return other.test === test;
  });
  return result?.status === 'passed';
}

function keyOf({ file, test }) {
  return `${file} ${test}`;
}

function report({ name, file: source }, { verdict, ran, file, test, status, reason, seconds }) {
  counts[verdict] += 1;
  const by = file && `${file}${status === 'timeout' ? ' (timeout)' : test ? `: ${test}` : ''}`;
  console.log(
    `${verdict.padEnd(10)} ${seconds} s  ${name}${by ? `\n           by ${by}` : `, ${ran} files`}`,
  );
  if (verdict === 'broken') console.log(reason);
  if (!options.json) return;
  const kept = storedResults();
  const result = { name, file: source, verdict, files: ran, seconds, killedBy: file, test, reason };
  writeFileSync(
    options.json,
    JSON.stringify([...kept.filter((other) => other.name !== name), result], null, 2),
  );
}
