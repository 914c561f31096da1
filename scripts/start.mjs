// npm start: installs and builds if necessary, then runs the whole system in this process until it receives SIGINT or SIGTERM.
import { setUp } from './setup.mjs';

const HELP = `Usage: npm start -- [options]

Runs Posthorn on this machine, with its own PostgreSQL and Redis, until Ctrl-C.

Options:
  --port P       Port of the API and the dashboard (default: 8080)
  --workers N    Number of worker processes (default: 2)
  --data DIR     Data folder (default: .posthorn)
  --role all     Run API, producer and worker in one process
  --processes N  Number of processes of role all, which share the port (default: 1)
  --help         Show help

If DATABASE_URL or REDIS_URL is set, it uses that server instead of starting one.
The first start installs the dependencies and builds. As root it also installs redis-server with apt-get on Debian, if there is
neither redis-server nor valkey-server, and creates the system user "postgres", because PostgreSQL does not run as root.`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
} else {
  await setUp();
  const { up } = await import('@posthorn/local');
  process.exitCode = await up(args);
}
