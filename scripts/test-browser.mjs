// npm run test:browser: installs and builds if necessary, then runs only the browser tests, which also save a screenshot of each
// page. `--docs` updates the screenshots of the documentation. Other arguments are passed to Jest.
import { ensureChromium } from './chromium.mjs';
import { run } from './run-program.mjs';
import { npm, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const jestArgs = args.filter((arg) => arg !== '--docs');

await setUp();
await ensureChromium();
process.env.TEST_SCREENSHOTS = 'yes';
if (jestArgs.length < args.length) process.env.DOCS_SCREENSHOTS = 'yes';
const { code } = await run(...npm('run', '--silent', 'jest', '--', 'tests/browser/', ...jestArgs));
process.exit(code);
