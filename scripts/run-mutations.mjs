// npm run mutations [-- NAME…]: applies each mutation of mutations/list.mjs to a copy of the last commit, and runs the tests that must
// detect it. Names select the mutations that contain one of them. The last line reads `mutations: N passed, N failed`. `--check` only
// checks that the source still has the texts that the mutations replace.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MUTATIONS } from './mutations/list.mjs';
import { run } from './run-program.mjs';
import { npm, root } from './setup.mjs';

const names = process.argv.slice(2);
const selected = MUTATIONS.filter(
  ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
);
if (names.includes('--check')) {
  process.chdir(root);
  for (const { edits } of MUTATIONS) for (const edit of edits) mutated(edit);
  process.exit();
}
const copy = mkdtempSync(path.join(tmpdir(), 'posthorn-mutations-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));

await must('git', ['clone', '--quiet', '--shared', root, copy]);
process.chdir(copy);
console.log('Installing dependencies…');
await must(...npm('ci', '--include=dev', '--no-audit', '--no-fund'));
let failed = 0;
let passed = 0;
for (const { name, edits, detectedBy } of selected) {
  for (const edit of edits) writeFileSync(edit.file, mutated(edit));
  await must(...npm('run', '--silent', 'build'));
  for (const { command, message } of detectedBy) {
    const { code, output } = await run(...npm(...command), { capture: true });
    const isDetected = code !== 0 && message.test(output);
    if (isDetected) passed += 1;
    else failed += 1;
    console.log(`${isDetected ? 'detected' : 'NOT DETECTED'}: ${name}, by npm ${command.slice(2).join(' ')}`);
    if (!isDetected) console.log(output.split('\n').slice(-40).join('\n'));
  }
  await must('git', ['checkout', '--quiet', '.']);
}
console.log(`mutations: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function mutated({ file, from, to }) {
  const text = readFileSync(file, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} must contain this text once: ${from}`);
  return text.replace(from, () => to);
}

async function must(program, args) {
  const { code, output } = await run(program, args, { capture: true });
  if (code !== 0) throw new Error(`${path.basename(program)} ${args.join(' ')} failed:\n${output}`);
}
