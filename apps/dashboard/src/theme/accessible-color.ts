import { luminance } from '@mantine/core';

/** How far two colours are apart, as WCAG 2 counts it: from 1 to 21. */
export function contrastBetween(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

interface ColorConstraints {
  /** All that it must stand out from. */
  backgrounds: readonly string[];
  contrast: number;
  /** How it is moved away from them: `lighten` or `darken` of Mantine. */
  shift: (color: string, share: number) => string;
}

const STEP = 0.02;

/** The colour itself if it stands out enough, else the nearest shade of it that does. */
export function accessibleColor(color: string, { backgrounds, contrast, shift }: ColorConstraints): string {
  for (let share = 0; share < 1; share += STEP) {
    const shade = shift(color, share);
    if (backgrounds.every((background) => contrastBetween(shade, background) >= contrast)) return shade;
  }
  return shift(color, 1);
}
