import { useMemo } from 'react';
import { CopyButton } from './copy-button.js';
import { jsonTokens } from './json-tokens.js';
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
  const text = useMemo(() => layOut(value), [value]);
  return (
    <div className={classes.view}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre className={classes.code} style={{ maxHeight }} tabIndex={0} role="group" aria-label={label}>
        {jsonTokens(text).map(({ kind, text: part, at }) =>
          kind === 'plain' ? (
            part
          ) : (
            <span key={at} data-kind={kind}>
              {part}
            </span>
          ),
        )}
      </pre>
      <div className={classes.copy}>
        <CopyButton value={text} what={label.toLowerCase()} />
      </div>
    </div>
  );
}

function layOut(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? '';
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
