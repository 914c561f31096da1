import { ActionIcon, CopyButton as Copy, Tooltip } from '@mantine/core';
import { Check, Copy as CopyIcon } from 'lucide-react';

interface CopyButtonProps {
  value: string;
  /** The noun in the label "Copy URL". */
  what: string;
}

export function CopyButton({ value, what }: CopyButtonProps) {
  return (
    <Copy value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={copy}
            aria-label={copied ? 'Copied' : `Copy ${what}`}
          >
            {copied ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copy>
  );
}
