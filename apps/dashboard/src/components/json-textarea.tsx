import { JsonInput, type JsonInputProps } from '@mantine/core';
import { formatJson } from '@posthorn/core/json';
import { notJsonObject } from './json-field.js';
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
      // Mantine shows only a red border without it, in place of the error of the form.
      validationError={props.error ?? notJsonObject()}
      {...props}
    />
  );
}

/** Returns the text. @throws SyntaxError if it is not JSON */
function assertJson(text: string): string {
  JSON.parse(text);
  return text;
}
