// Runs every command of the documentation. A command that cannot run here has its reason on the page.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startStack, type Stack, welcome } from '@posthorn/local';
import { type TestServers, testServers } from '@posthorn/testkit';
import { blocksOf, isCode, isOutput, placeOf, type Block } from './blocks.js';
import { Reader } from './reader.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Pages in reading order: later ones use resources that earlier ones created. */
const READ = [
  'docs/quick-start.md',
  'docs/receive.md',
  'docs/publish.md',
  'docs/retries.md',
  'docs/search.md',
  'docs/usage.md',
  'docs/api.md',
  'docs/dashboard-and-portal.md',
  'docs/access.md',
  'docs/troubleshooting.md',
  'docs/migrate-from-svix.md',
  'docs/migrate-from-convoy.md',
  'docs/migrate-from-outpost.md',
  'docs/migrate-from-your-own-code.md',
  'docs/cut-over.md',
  'README.md',
];

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const found = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
const others = found.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`);
const pages = [...new Set([...READ, ...others])];
const blocks = new Map(pages.map((page) => [page, blocksOf(page, read(page))]));

/** The test's own stack replaces `npm start`. */
const isStart = ({ code }: Block): boolean => code.startsWith('npm start');
const isFile = ({ language, note }: Block): boolean => language === 'js' && note !== '';

const toRead = (page: string): Block[] =>
  blocks
    .get(page)
    ?.filter((block) => !block.notRun && (isCode(block) || isOutput(block)) && !isStart(block)) ?? [];

describe('the pages in one terminal', () => {
  let stack: Stack;
  let servers: TestServers;
  let reader: Reader;
  beforeAll(async () => {
    servers = await testServers();
    stack = await startStack({
      ephemeral: true,
      role: 'all',
      servers,
      env: { POSTHORN_ATTESTATION_UNTIL: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const { apiUrl, queuePrefix } = stack;
    const replacements = {
      'localhost:8080': new URL(apiUrl).host,
      9000: `${await freePort()}`,
      "'posthorn'": `'${queuePrefix}'`,
      'posthorn:intake': `${queuePrefix}:intake`,
    };
    reader = new Reader(replacements);
    reader.addOutput(welcome(stack, {}));
  });
  afterAll(async () => {
    reader?.close();
    await stack?.stop();
    await servers?.drop();
  });

  it.each(READ)(
    '%s',
    async (page) => {
      for (const block of toRead(page)) {
        if (isFile(block)) reader.saveFile(block);
        else if (isOutput(block)) await reader.expectOutput(block);
        else await reader.run(block);
      }
    },
    300_000,
  );
});

describe('all pages', () => {
  const code = [...blocks.values()].flat().filter(isCode);
  const commands = code.filter(({ language }) => language === 'sh');
  const runsFile = ({ page, note }: Block) =>
    commands.some((block) => block.page === page && block.code.includes(note));

  it('contain no code that is not run', () => {
    const wanted = code.filter(({ notRun }) => !notRun);
    const unread = wanted.filter(({ page }) => !READ.includes(page));
    const unrun = wanted.filter((block) => block.language !== 'sh' && !(isFile(block) && runsFile(block)));
    expect([...unread, ...unrun].map(placeOf)).toEqual([]);
  });

  it('name only existing scripts of package.json', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = pages.flatMap((page) =>
      Array.from(read(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g), ([, name = '']) => ({
        page,
        name,
      })),
    );
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
  });
});
