import { formatJson } from '@posthorn/core/json';
import { useMemo } from 'react';
import { isEnglish } from '../i18n/t.js';
import { CopyButton } from './copy-button.js';
import { jsonTokens, type JsonToken } from './json-tokens.js';
import classes from './json-view.module.css';

interface JsonViewProps {
  /** Shown as formatted JSON. A string is JSON text, with its numbers unchanged, or any other text. */
  value: unknown;
  /** For screen readers and the copy button: "Event data". */
  label: string;
  /** In pixels; taller content scrolls. */
  maxHeight?: number;
}

/** Shows JSON or text with a copy button. React escapes the content, so that it is never rendered as HTML. */
export function JsonView({ value, label, maxHeight = 420 }: JsonViewProps) {
  const tokens = useMemo(() => tokensOf(value), [value]);
  return (
    <div className={classes.view}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must be reachable by keyboard */}
      <pre className={classes.code} style={{ maxHeight }} tabIndex={0} role="group" aria-label={label}>
        {tokens.map(({ kind, text, at }) =>
          kind === 'plain' ? (
            text
          ) : (
            <span key={at} data-kind={kind}>
              {text}
            </span>
          ),
        )}
      </pre>
      <div className={classes.copy}>
        <CopyButton value={tokens.map(({ text }) => text).join('')} what={lowerFirst(label)} />
      </div>
    </div>
  );
}

/** `URL` and `API key` keep their capitals. Other languages have other rules. */
function lowerFirst(label: string): string {
  return isEnglish() && /^[A-Z][a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}

/** Returns text that is not JSON as one plain token. */
function tokensOf(value: unknown): JsonToken[] {
  if (typeof value !== 'string') return jsonTokens(JSON.stringify(value, null, 2) ?? '');
  try {
    JSON.parse(value);
    return jsonTokens(formatJson(value));
  } catch {
    return [{ kind: 'plain', text: value, at: 0 }];
  }
}
