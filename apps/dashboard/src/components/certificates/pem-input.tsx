import { Button, FileButton, Stack, Textarea } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { t } from '../../i18n/t.js';

interface PemInputProps extends GetInputPropsReturnType {
  label: string;
  description: string;
  required?: boolean;
  /** Called with the content of a file. */
  onRead: (text: string) => void;
}

/** A text in PEM format, typed, pasted or read from a file. */
export function PemInput({ onRead, ...input }: PemInputProps) {
  return (
    <Stack gap={4}>
      <Textarea {...input} rows={5} autoComplete="off" spellCheck={false} ff="monospace" />
      <FileButton onChange={(file) => void file?.text().then(onRead)}>
        {(props) => (
          <Button
            {...props}
            variant="subtle"
            size="compact-xs"
            aria-label={t('Read from a file: {{what}}', { what: input.label })}
          >
            {t('Read from a file')}
          </Button>
        )}
      </FileButton>
    </Stack>
  );
}
