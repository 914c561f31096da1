import { compactJson, formatJson } from '@posthorn/core';
import type { Command } from 'commander';
import { host } from '../host/host.js';
import { JsonText } from './json-text.js';
import { withoutControls } from './style.js';

/** Where a command prints: text for people, or with --json only JSON on stdout. */
export interface Output {
  json: boolean;
  /** Prints the result of a command, a value or JSON text, as JSON or text. */
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
    result: (value, text) => print('stdout', json ? toJson(value, formatJson, 2) : text()),
    event: (value, text) => print('stdout', json ? toJson(value, compactJson) : text()),
    note: (text) => print('stderr', text),
  };
}

const print = (stream: 'stdout' | 'stderr', text: string): boolean => write(stream, `${text}\n`);

/** Writes an output that may contain texts of others, such as the body of a receiver. */
export function write(stream: 'stdout' | 'stderr', text: string): boolean {
  return host()[stream].write(withoutControls(text));
}

function toJson(value: unknown, format: (json: string) => string, indent = 0): string {
  return value instanceof JsonText ? format(value.text) : JSON.stringify(value, null, indent);
}
