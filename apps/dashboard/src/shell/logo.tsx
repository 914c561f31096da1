import { Group, Image, Text } from '@mantine/core';
import { access } from '../access/current-access.js';
import classes from './logo.module.css';
import { t } from '../i18n/t.js';

/** The Posthorn logo. The portal shows the logo of the host application instead, or "Webhooks". */
export function Logo() {
  if (access.kind === 'portal') {
    const { logoUrl, productName = t('Webhooks') } = access.settings.theme;
    return logoUrl === undefined ? (
      <Text fw={600}>{productName}</Text>
    ) : (
      <Image src={logoUrl} alt={productName} h={28} w="auto" maw={180} fit="contain" />
    );
  }
  return (
    <Group gap={10} wrap="nowrap">
      <svg className={classes.sign} viewBox="0 0 32 32" width={26} height={26} aria-hidden>
        <rect width="32" height="32" rx="8" />
        <g>
          <circle cx="14" cy="15" r="6" />
          <path d="M14 21h6c3 0 4 2 6 4v-9c-2 2-3 3-6 3" />
          <path d="M8 15H5.5" />
        </g>
      </svg>
      <Text fw={650} size="lg" lts="-0.01em">
        Posthorn
      </Text>
    </Group>
  );
}
