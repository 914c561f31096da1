import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { examples } from '../examples.js';

const NAME = 'completion';

/** Of all commands that there are by then. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: NAME });
  program.commands
    .find((command) => command.name() === NAME)
    ?.description('write the script that completes commands in a shell')
    .addHelpText(
      'after',
      examples(
        'source <(posthorn completion bash)     # in ~/.bashrc',
        'source <(posthorn completion zsh)      # in ~/.zshrc, after compinit',
        'posthorn completion fish > ~/.config/fish/completions/posthorn.fish',
      ),
    );
}
