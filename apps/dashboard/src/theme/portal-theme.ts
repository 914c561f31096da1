import {
  darken,
  lighten,
  mergeThemeOverrides,
  virtualColor,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core';
import type { PortalTheme } from '../access/access.js';
import { contrastBetween, accessibleColor } from './accessible-color.js';
import { contrast, theme } from './theme.js';

/** Minimum contrast of WCAG 2.1 AA for text and for UI components. */
const TEXT = 4.5;
const SHAPE = 3;

/** At this luminance black and white text have equal contrast. */
const EVEN_LUMINANCE = 0.179;

/** For each scheme: the surface, the background with the lowest text contrast (see global.css), and how to shift an accent away from both. */
const LIGHT = { surface: '#ffffff', background: '#f3f4f7', shift: darken, soften: lighten, softness: 0.85 };
const DARK = { surface: '#17191f', background: '#22262f', shift: lighten, soften: darken, softness: 0.78 };

interface Accent {
  shades: MantineColorsTuple;
  /** The accent as a text color. */
  text: string;
}

/** Returns the theme with the shapes, font and colors of the host application. */
export function createPortalTheme({ accentColor, darkAccentColor, radius, fontFamily }: PortalTheme) {
  const base = mergeThemeOverrides(
    theme,
    radius === undefined ? {} : { radius: radiiOf(radius), components: smallControls(radius) },
    fontFamily === undefined ? {} : { fontFamily: `'${fontFamily}', ${theme.fontFamily}` },
  );
  const inLight = accentColor ?? darkAccentColor;
  const inDark = darkAccentColor ?? accentColor;
  if (inLight === undefined || inDark === undefined) return { theme: base, cssVariablesResolver: contrast };
  return withAccents(base, { light: accentFor(LIGHT, inLight), dark: accentFor(DARK, inDark) });
}

/** The default is 2, 4, 6, 10 and 16 pixels. */
const radiiOf = (radius: number) => ({
  xs: `${Math.round(radius / 3)}px`,
  sm: `${Math.round((radius * 2) / 3)}px`,
  md: `${radius}px`,
  lg: `${Math.round((radius * 5) / 3)}px`,
  xl: `${Math.round((radius * 8) / 3)}px`,
});

/** The greatest radius of a checkbox, in pixels. With more it looks like a radio button. */
const MAX_SMALL_RADIUS = 4;

function smallControls(radius: number): MantineThemeOverride['components'] {
  const defaultProps = { radius: `${Math.min(radius, MAX_SMALL_RADIUS)}px` };
  return { Checkbox: { defaultProps }, CheckboxIndicator: { defaultProps } };
}

/** Accent colors are shifted as far as readability requires. */
function withAccents(base: MantineThemeOverride, { light, dark }: Record<'light' | 'dark', Accent>) {
  return {
    theme: mergeThemeOverrides(base, {
      luminanceThreshold: EVEN_LUMINANCE,
      colors: {
        accent: virtualColor({ name: 'accent', light: 'accentInLight', dark: 'accentInDark' }),
        accentInLight: light.shades,
        accentInDark: dark.shades,
      },
    }),
    cssVariablesResolver: withAccent(light, dark),
  };
}

function withAccent(light: Accent, dark: Accent): CSSVariablesResolver {
  return (mantineTheme) => {
    const base = contrast(mantineTheme);
    return {
      variables: base.variables,
      light: { ...base.light, ...accentVariables(light) },
      dark: { ...base.dark, ...accentVariables(dark) },
    };
  };
}

function accentVariables({ text }: Accent) {
  return { '--accent-text': text, '--mantine-color-anchor': text };
}

function accentFor({ surface, background, shift, soften, softness }: typeof LIGHT, color: string): Accent {
  const fill = accessibleColor(color, { backgrounds: [surface], contrast: SHAPE, shift });
  // Selected items have a soft background in the accent color.
  const backgrounds = [background, soften(fill, softness)];
  return { shades: createShades(fill), text: accessibleColor(fill, { backgrounds, contrast: TEXT, shift }) };
}

/** Returns the shades of an accent. On hover a button moves away from its text color, which is black or white. */
function createShades(fill: string): MantineColorsTuple {
  const isBright = contrastBetween(fill, '#000000') > contrastBetween(fill, '#ffffff');
  const hover = isBright ? lighten : darken;
  return [
    lighten(fill, 0.92),
    lighten(fill, 0.84),
    lighten(fill, 0.7),
    lighten(fill, 0.5),
    lighten(fill, 0.32),
    lighten(fill, 0.15),
    fill,
    hover(fill, 0.15),
    darken(fill, 0.3),
    darken(fill, 0.6),
  ];
}
