import classes from './mono.module.css';
import { CopyButton } from './copy-button.js';

interface MonoProps {
  children: string;
  /** Adds a copy button with this noun in its label. */
  copy?: string;
}

/** Monospace text for IDs, URLs and event types. */
export function Mono({ children, copy }: MonoProps) {
  const text = <span className={classes.mono}>{children}</span>;
  if (copy === undefined) return text;
  return (
    <span className={classes.copyable}>
      {text}
      <CopyButton value={children} what={copy} />
    </span>
  );
}
