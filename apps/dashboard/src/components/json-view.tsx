import { useMemo } from 'react';
import { CopyButton } from './copy-button.js';
import { jsonTokens, type JsonToken } from './json-tokens.js';
import classes from './json-view.module.css';

interface JsonViewProps {
  /** What is shown, as JSON; a string as it is, laid out if it is JSON. */
  value: unknown;
  /** For screen readers: "Data of the event". */
  label: string;
  /** Pixels, from which on it scrolls in itself. */
  maxHeight?: number;
}

/** JSON or any text, to read and to copy. React escapes it: it is never HTML. */
export function JsonView({ value, label, maxHeight = 420 }: JsonViewProps) {
  const tokens = useMemo(() => tokensOf(value), [value]);
  return (
    <div className={classes.view}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
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
        <CopyButton value={tokens.map(({ text }) => text).join('')} what={label.toLowerCase()} />
      </div>
    </div>
  );
}

/** What is no JSON has nothing to be coloured. */
function tokensOf(value: unknown): JsonToken[] {
  if (typeof value !== 'string') return jsonTokens(JSON.stringify(value, null, 2) ?? '');
  try {
    return jsonTokens(JSON.stringify(JSON.parse(value), null, 2));
  } catch {
    return [{ kind: 'plain', text: value, at: 0 }];
  }
}
