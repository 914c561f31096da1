import { expect, it } from '@jest/globals';
import { DEFAULT_THEME, mergeMantineTheme } from '@mantine/core';
import { contrastBetween } from '../src/theme/accessible-color.js';
import { createPortalTheme } from '../src/theme/portal-theme.js';

const COLORS = [
  '#ffffff',
  '#000000',
  '#ffe600',
  '#0b1f4d',
  '#777777',
  '#e5202b',
  '#00c2a8',
  '#4f53e0',
  '#e8590c',
];

function rendered(accentColor: string) {
  const { theme, cssVariablesResolver } = createPortalTheme({ accentColor });
  const whole = mergeMantineTheme(DEFAULT_THEME, theme);
  const { light, dark } = cssVariablesResolver(whole);
  return {
    threshold: whole.luminanceThreshold,
    light: { fill: whole.colors['accentInLight']?.[6] ?? '', text: light['--accent-text'] ?? '' },
    dark: { fill: whole.colors['accentInDark']?.[6] ?? '', text: dark['--accent-text'] ?? '' },
  };
}

it.each(COLORS)('has sufficient contrast in both color schemes: %s', (color) => {
  const { light, dark } = rendered(color);
  expect(contrastBetween(light.fill, '#ffffff')).toBeGreaterThanOrEqual(3);
  expect(contrastBetween(dark.fill, '#17191f')).toBeGreaterThanOrEqual(3);
  expect(contrastBetween(light.text, '#f6f7f9')).toBeGreaterThanOrEqual(4.5);
  expect(contrastBetween(dark.text, '#1d2027')).toBeGreaterThanOrEqual(4.5);
  for (const { fill } of [light, dark])
    expect(
      Math.max(contrastBetween(fill, '#ffffff'), contrastBetween(fill, '#000000')),
    ).toBeGreaterThanOrEqual(4.5);
});

it('keeps a color with sufficient contrast', () => {
  expect(rendered('#a61e4d').light).toEqual({ fill: 'rgba(166, 30, 77, 1)', text: 'rgba(166, 30, 77, 1)' });
});

it('has its own color in the dark scheme', () => {
  const { theme } = createPortalTheme({ accentColor: '#a61e4d', darkAccentColor: '#00c2a8' });
  expect(theme.colors?.['accentInLight']?.[6]).toBe('rgba(166, 30, 77, 1)');
  expect(theme.colors?.['accentInDark']?.[6]).toBe('rgba(0, 194, 168, 1)');
});

it('has the radius and the font of the link, and falls back to the default font', () => {
  const { theme } = createPortalTheme({ radius: 0, fontFamily: 'Georgia' });
  expect(theme.radius).toMatchObject({ sm: '0px', md: '0px', lg: '0px' });
  expect(theme.fontFamily).toMatch(/^'Georgia', 'Inter Variable'/);
});

it.each([
  [3, '3px'],
  [16, '4px'],
])('keeps checkboxes square with a radius of %d pixels', (radius, expected) => {
  const { theme } = createPortalTheme({ radius });
  expect(theme.components?.['Checkbox']?.defaultProps).toEqual({ radius: expected });
});

it('uses the default accent without a color', () => {
  expect(createPortalTheme({}).theme.colors?.['accent']?.[6]).toBe('#4f53e0');
});
