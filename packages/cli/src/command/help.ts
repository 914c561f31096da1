import type { Command } from 'commander';

export const HELP_COMMAND = ['help [command]', 'Show help for a command'] as const;

/** Adds a command that only has subcommands. */
export function addGroup(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .helpCommand(...HELP_COMMAND);
}

/** Formats the examples at the end of a help text. */
export function examples(...calls: string[]): string {
  return `\nExamples:\n${calls.map((call) => `  ${call}`).join('\n')}`;
}
