import { darken, lighten, mergeThemeOverrides, type MantineColorsTuple } from '@mantine/core';
import type { PortalTheme } from '../api/access.js';
import { theme } from './theme.js';

/** The theme in the accent colour of the product that the portal belongs to. */
export function portalThemeOf({ accentColor }: PortalTheme) {
  if (accentColor === undefined) return theme;
  return mergeThemeOverrides(theme, { colors: { accent: shadesOf(accentColor) } });
}

function shadesOf(color: string): MantineColorsTuple {
  return [
    lighten(color, 0.92),
    lighten(color, 0.84),
    lighten(color, 0.7),
    lighten(color, 0.5),
    lighten(color, 0.32),
    lighten(color, 0.15),
    color,
    darken(color, 0.15),
    darken(color, 0.3),
    darken(color, 0.42),
  ];
}
