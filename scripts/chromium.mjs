// Finds or installs the Chromium for tests/browser/. It is a system package, because npm packages only download one.

/** Without the user interface of a browser: opening a context needs half the CPU time. */
const HEADLESS_SHELL = 'chromium-headless-shell';
const NAMES = [HEADLESS_SHELL, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Sets TEST_CHROMIUM to the browser's path. Exits the process if there is no browser. Requires a build. */
export async function ensureChromium() {
  if (process.env.TEST_CHROMIUM) return;
  const path = await findOrInstall();
  if (path === undefined) {
    console.error(
      'Chromium not found. The browser tests require it: install it, or set TEST_CHROMIUM to its path',
    );
    process.exit(1);
  }
  process.env.TEST_CHROMIUM = path;
}

async function findOrInstall() {
  const { aptInstall, isDebian, isRoot, which } = await import('@posthorn/local');
  const find = () => NAMES.map(which).find((file) => file !== undefined);
  const found = find();
  if (found !== undefined || !isRoot() || !isDebian()) return found;
  console.log('Chromium not found. Installing it with apt-get…');
  for (const name of [HEADLESS_SHELL, 'chromium']) {
    if (find() !== undefined) break;
    await aptInstall(name).catch((error) => {
      console.error(`Cannot install ${name} with apt-get: ${error.message.split('\n')[0]}`);
    });
  }
  return find();
}
