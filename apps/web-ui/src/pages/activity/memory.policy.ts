import type { Series, SeriesStyle } from './series.types';

const COLORS = ['blue.8', 'teal.8', 'grape.8', 'orange.9', 'cyan.8', 'pink.8'];
const STYLES: readonly SeriesStyle[] = ['solid', 'dashed', 'dotted', 'mixed'];

/** A colour for the model at this place; they come again after a while. */
export function colorAt(index: number): string {
  return COLORS[index % COLORS.length] ?? 'blue.8';
}

/** How the models of a memory are drawn, in the order given. */
export function memorySeries(models: readonly string[]): readonly Series[] {
  return models.map((label, index) => ({
    // A name with a point in it would be read as a path.
    name: `model${index}`,
    label,
    color: colorAt(index),
    style: STYLES[index % STYLES.length] ?? 'solid',
  }));
}
