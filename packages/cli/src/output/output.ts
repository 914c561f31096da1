import type { Command } from 'commander';

/** Where a command says what it found: for people, or with --json as JSON and nothing else on stdout. */
export interface Output {
  json: boolean;
  /** The answer of a command, as JSON or as text. */
  result(value: unknown, text: () => string): void;
  /** One of many things, as they happen: a line of JSON, or text. */
  event(value: unknown, text: () => string): void;
  /** What is said beside it, on stderr. */
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
