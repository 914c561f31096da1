import {
  darken,
  lighten,
  mergeThemeOverrides,
  virtualColor,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';
import type { PortalTheme } from '../api/access.js';
import { contrastBetween, accessibleColor } from './accessible-color.js';
import { contrast, theme } from './theme.js';

/** Of WCAG 2.1 AA: of texts, and of what shows where something is. */
const TEXT = 4.5;
const SHAPE = 3;

/** From here on black stands out more than white. */
const EVEN_LUMINANCE = 0.179;

/** The surface of each scheme, and the background that texts are hardest to read on (see global.css); how an accent gets away from them. */
const LIGHT = { surface: '#ffffff', background: '#f3f4f7', shift: darken, soften: lighten, softness: 0.85 };
const DARK = { surface: '#17191f', background: '#22262f', shift: lighten, soften: darken, softness: 0.78 };

interface Accent {
  shades: MantineColorsTuple;
  /** Where it is a text. */
  text: string;
}

/** The theme in the accent colour of the product that the portal belongs to, as near to it as it can be read. */
export function portalThemeOf({ accentColor }: PortalTheme) {
  if (accentColor === undefined) return { theme, cssVariablesResolver: contrast };
  const [light, dark] = [accentFor(LIGHT, accentColor), accentFor(DARK, accentColor)];
  return {
    theme: mergeThemeOverrides(theme, {
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
    const usual = contrast(mantineTheme);
    return {
      variables: usual.variables,
      light: { ...usual.light, ...variablesOf(light) },
      dark: { ...usual.dark, ...variablesOf(dark) },
    };
  };
}

function variablesOf({ text }: Accent) {
  return { '--accent-text': text, '--mantine-color-anchor': text };
}

function accentFor({ surface, background, shift, soften, softness }: typeof LIGHT, color: string): Accent {
  const fill = accessibleColor(color, { backgrounds: [surface], contrast: SHAPE, shift });
  // What is chosen has a soft background of the accent itself.
  const backgrounds = [background, soften(fill, softness)];
  return { shades: shadesOf(fill), text: accessibleColor(fill, { backgrounds, contrast: TEXT, shift }) };
}

/** A button that is pointed at moves away from its text, which is black or white. */
function shadesOf(fill: string): MantineColorsTuple {
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
