import { Command } from 'commander';
import { addCompletion } from './commands/completion.js';
import { addDeliveries } from './commands/deliveries.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addKeys } from './commands/keys.js';
import { addListen } from './commands/listen.js';
import { addMigrate } from './commands/migrate.js';
import { addPublish } from './commands/publish.js';
import { addReplays } from './commands/replays.js';
import { addUp } from './commands/up.js';
import { addWebhooks } from './commands/webhooks.js';
import { manifest } from './manifest.js';
import { bold } from './output/style.js';

/** The command line, ready to parse. */
export function posthorn(): Command {
  const program = new Command('posthorn')
    .description('Self-hosted webhook delivery: signed, retried until taken, on record from start to end.')
    .version(manifest.version, '-v, --version')
    .option('--url <url>', 'where the API is (POSTHORN_URL)')
    .option('--api-key <key>', 'API key, phk_… (POSTHORN_API_KEY)')
    .option('--json', 'JSON and nothing else on stdout')
    .configureHelp({ showGlobalOptions: true, styleTitle: bold })
    .showHelpAfterError('(with --help it says what there is)')
    .addHelpText('after', EPILOGUE)
    .exitOverride();

  program.commandsGroup('Run it:');
  addUp(program);
  addMigrate(program);
  addDoctor(program);
  program.commandsGroup('Develop with it:');
  addListen(program);
  addPublish(program);
  program.commandsGroup('Look after it:');
  addWebhooks(program);
  addEvents(program);
  addDeliveries(program);
  addReplays(program);
  addKeys(program);
  program.commandsGroup('More:').helpCommand('help [command]', 'say more about a command');
  addCompletion(program);
  return program;
}

const EPILOGUE = `
Where the API is: --url and --api-key, else POSTHORN_URL and POSTHORN_API_KEY, else a stack that \`posthorn up\` or \`npm start\`
runs in this folder or in one above it. Exit codes: 0 done, 1 failed, 2 called wrongly.

Examples:
  posthorn up                                    everything on this machine, at http://127.0.0.1:8080
  posthorn listen --events 'invoice.*'           receive events here
  posthorn publish invoice.paid --data '{"id":"in_1"}' --watch
  posthorn deliveries tail --status failed
  posthorn replay wh_… --from 6h --status failed`;
