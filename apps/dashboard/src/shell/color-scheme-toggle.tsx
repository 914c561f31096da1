import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { Monitor, Moon, Sun, type LucideIcon } from 'lucide-react';

const SCHEMES: Record<MantineColorScheme, { label: string; icon: LucideIcon; next: MantineColorScheme }> = {
  auto: { label: 'system', icon: Monitor, next: 'light' },
  light: { label: 'light', icon: Sun, next: 'dark' },
  dark: { label: 'dark', icon: Moon, next: 'auto' },
};

export function ColorSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { label, icon: Icon, next } = SCHEMES[colorScheme];
  return (
    <Tooltip label={`Theme: ${label}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Theme: ${label}. Switch to ${SCHEMES[next].label}`}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
