import classes from './mono.module.css';
import { CopyButton } from './copy-button.js';

interface MonoProps {
  children: string;
  /** With a button that copies it; this is what it is called there. */
  copy?: string;
}

/** Ids, URLs, event types: whatever a machine has written. */
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
