import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { Monitor, Moon, Sun, type LucideIcon } from 'lucide-react';
import { t } from '../i18n/t.js';

const SCHEMES: Record<MantineColorScheme, { label: string; icon: LucideIcon; next: MantineColorScheme }> = {
  auto: { label: t('system'), icon: Monitor, next: 'light' },
  light: { label: t('light'), icon: Sun, next: 'dark' },
  dark: { label: t('dark'), icon: Moon, next: 'auto' },
};

export function ColorSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { label, icon: Icon, next } = SCHEMES[colorScheme];
  return (
    <Tooltip label={t('Theme: {{label}}', { label })}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('Theme: {{label}}. Switch to {{next}}', { label, next: SCHEMES[next].label })}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
