import { JsonInput, type JsonInputProps } from '@mantine/core';
import classes from './mono.module.css';

/** A field for JSON, put in order when it is left. */
export function JsonTextarea(props: JsonInputProps) {
  return (
    <JsonInput classNames={{ input: classes.mono }} autosize formatOnBlur spellCheck={false} {...props} />
  );
}
