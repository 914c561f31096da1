import { JsonInput, type JsonInputProps } from '@mantine/core';
import classes from './mono.module.css';

/** A JSON field that formats its value on blur. */
export function JsonTextarea(props: JsonInputProps) {
  return (
    <JsonInput classNames={{ input: classes.mono }} autosize formatOnBlur spellCheck={false} {...props} />
  );
}
