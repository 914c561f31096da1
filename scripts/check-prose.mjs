// npm run lint:prose [-- PATH…]: rejects the phrases that docs/glossary.md bans, in comments, messages and pages.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const TEXT =
  /\.(ts|tsx|mjs|js|css|md|sql|prisma|sh|py|go|java|rs|ya?ml|tpl|json|html|service)$|Dockerfile$|\.env\.example$/;
const EXEMPT =
  /(^|\/)(package-lock\.json|glossary\.md|LICENSE)$|(^|\/)generated\/|^docs\/performance\/|^deploy\/helm\/rendered\//;

/** The space between two words, which may include a line break in a comment. */
const GAP = String.raw`(?:\s|\*|//|#|--)+`;

const rules = readRules();
const listFiles = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...process.argv.slice(2)];
const files = execFileSync('git', listFiles, { encoding: 'utf8' }).split('\n');
const findings = files
  .filter((file) => TEXT.test(file) && !EXEMPT.test(file) && existsSync(file))
  .flatMap(findPhrases);
for (const finding of findings) console.log(finding);
if (findings.length > 0) {
  console.error(`\n${findings.length} banned phrases. docs/glossary.md lists them.`);
  process.exit(1);
}

/** Reads the table "Banned phrases": comma-separated phrases, and the replacement. */
function readRules() {
  const [, table = ''] = readFileSync('docs/glossary.md', 'utf8').split('## Banned phrases');
  const [, , ...rows] = table.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm);
  return rows.map(([, phrases, replacement]) => ({
    pattern: new RegExp(`\\b(?:${phrases.replaceAll(', ', '|').replaceAll(' ', GAP)})\\b`, 'gi'),
    replacement,
  }));
}

function findPhrases(file) {
  const text = readFileSync(file, 'utf8');
  return rules.flatMap(({ pattern, replacement }) =>
    Array.from(text.matchAll(pattern), ({ 0: phrase, index }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${file}:${line}: "${phrase.replaceAll(/\s+/g, ' ')}": write ${replacement}`;
    }),
  );
}
