// npm start: installs and builds if necessary, then runs the whole system in this process until it receives SIGINT or SIGTERM.
import { setUp } from './setup.mjs';

await setUp();
const { up } = await import('@posthorn/local');
process.exitCode = await up(process.argv.slice(2));
