// The browser that the tests in tests/browser/ drive. npm packages only download one, so the system's is found or installed.

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Leaves its path in TEST_CHROMIUM; ends the process with one clear line when there is none. After the build. */
export async function ensureChromium() {
  if (process.env.TEST_CHROMIUM) return;
  const path = await findOrInstall();
  if (path === undefined) {
    console.error(
      'no Chromium for the tests in a browser: install it, or set TEST_CHROMIUM to the path of one',
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
  console.log('no Chromium here: installing it with apt-get');
  await aptInstall('chromium').catch((error) => {
    console.error(`apt-get could not install chromium: ${error.message.split('\n')[0]}`);
  });
  return find();
}
