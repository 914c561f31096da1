// Finds or installs MariaDB for the tests of outboxes. It is a system package, because no npm package contains it.

/**
 * Sets TEST_MARIADBD to the path of the server. Without it, the tests of MariaDB are skipped, except where CI is set. Requires a build.
 */
export async function ensureMariadb() {
  process.env.TEST_MARIADBD ||= (await findOrInstall()) ?? '';
  if (process.env.CI && !process.env.TEST_MARIADBD)
    throw new Error('mariadbd not found. Install mariadb-server');
}

async function findOrInstall() {
  const { aptInstall, isDebian, isRoot, which } = await import('@posthorn/local');
  const found = which('mariadbd');
  if (found !== undefined || !isRoot() || !isDebian()) return found;
  console.log('MariaDB not found. Installing it with apt-get…');
  await aptInstall('mariadb-server').catch((error) => {
    console.error(`Cannot install mariadb-server with apt-get: ${error.message.split('\n')[0]}`);
  });
  return which('mariadbd');
}
