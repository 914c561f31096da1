import completions from '@bomb.sh/tab';
import addTo from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { examples } from '../command/help.js';
import { npxCompletion } from '../command/npx-completion.js';
import { write } from '../output/output.js';

const NAME = 'completion';

/** Adds completion of all commands registered so far, also after `npx`. */
export function addCompletion(program: Command): void {
  const name = program.name();
  addTo(program, { completionCommandName: NAME });
  const find = (command: string) => program.commands.find((each) => each.name() === command);
  find('complete')?.action((words: string[]) => {
    // After `npx` the first word is this program.
    completions.parse(words[0] === name ? words.slice(1) : words);
  });
  find(NAME)
    ?.description('Print a shell completion script')
    .action((shell: string) => {
      completions.setup(name, thisProgram(), shell);
      write('stdout', `${npxCompletion(shell)}\n`);
    })
    .addHelpText(
      'after',
      examples(
        'source <(posthorn completion bash)     # in ~/.bashrc',
        'source <(posthorn completion zsh)      # in ~/.zshrc, after compinit',
        'posthorn completion fish > ~/.config/fish/completions/posthorn.fish',
        'source <(npx posthorn completion bash) # completes npx posthorn',
      ),
    );
}

/** Returns the command that runs this program. With `npx` it is not on PATH. */
const thisProgram = (): string => `node '${(process.argv[1] ?? '').replaceAll("'", String.raw`'\''`)}'`;
