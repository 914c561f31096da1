import type { Command } from 'commander';

/** Where a command prints: text for people, or with --json only JSON on stdout. */
export interface Output {
  json: boolean;
  /** Prints the result of a command as JSON or text. */
  result(value: unknown, text: () => string): void;
  /** Prints one of a series of events: a line of JSON, or text. */
  event(value: unknown, text: () => string): void;
  /** Prints a note on stderr. */
  note(text: string): void;
}

export function outputOf(command: Command): Output {
  const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
  return {
    json,
    result: (value, text) => console.log(json ? JSON.stringify(value, null, 2) : text()),
    event: (value, text) => console.log(json ? JSON.stringify(value) : text()),
    note: (text) => console.error(text),
  };
}
