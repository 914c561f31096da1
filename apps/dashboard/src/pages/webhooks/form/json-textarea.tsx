import { Textarea, type TextareaProps } from '@mantine/core';

export function JsonTextarea(props: TextareaProps) {
  return (
    <Textarea
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      styles={{
        input: {
          fontFamily: 'var(--mantine-font-family-monospace)',
          fontSize: 'var(--mantine-font-size-xs)',
        },
      }}
      {...props}
    />
  );
}
