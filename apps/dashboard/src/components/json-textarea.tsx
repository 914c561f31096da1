import { JsonInput, type JsonInputProps } from '@mantine/core';
import { formatJson } from '@posthorn/core/json';
import classes from './mono.module.css';

/** A JSON field that formats its value on blur, without changing its numbers. */
export function JsonTextarea(props: JsonInputProps) {
  return (
    <JsonInput
      classNames={{ input: classes.mono }}
      autosize
      formatOnBlur
      deserialize={assertJson}
      serialize={formatJson}
      spellCheck={false}
      {...props}
    />
  );
}

/** Returns the text. @throws SyntaxError if it is not JSON */
function assertJson(text: string): string {
  JSON.parse(text);
  return text;
}
