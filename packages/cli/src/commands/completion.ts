import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { examples } from '../help.js';

const NAME = 'completion';

/** Adds completion of all commands registered so far. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: NAME });
  program.commands
    .find((command) => command.name() === NAME)
    ?.description('Print a shell completion script')
    .addHelpText(
      'after',
      examples(
        'source <(posthorn completion bash)     # in ~/.bashrc',
        'source <(posthorn completion zsh)      # in ~/.zshrc, after compinit',
        'posthorn completion fish > ~/.config/fish/completions/posthorn.fish',
      ),
    );
}
