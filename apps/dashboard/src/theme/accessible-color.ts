import { luminance } from '@mantine/core';

/** Returns the WCAG 2 contrast ratio of two colors, from 1 to 21. */
export function contrastBetween(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

interface ColorConstraints {
  backgrounds: readonly string[];
  /** Minimum contrast ratio to each background. */
  contrast: number;
  /** Moves the color away from the backgrounds: `lighten` or `darken` of Mantine. */
  shift: (color: string, share: number) => string;
}

const STEP = 0.02;

/** Returns the color if its contrast is sufficient, otherwise its nearest shade with sufficient contrast. */
export function accessibleColor(color: string, { backgrounds, contrast, shift }: ColorConstraints): string {
  for (let share = 0; share < 1; share += STEP) {
    const shade = shift(color, share);
    if (backgrounds.every((background) => contrastBetween(shade, background) >= contrast)) return shade;
  }
  return shift(color, 1);
}
