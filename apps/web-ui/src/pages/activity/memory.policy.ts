import type { EngineTimeline } from '@local-llm-agent/contracts';
import { nameOf } from './lanes.state';
import type { Series, SeriesStyle } from './series.types';

const COLORS = ['blue.8', 'teal.8', 'grape.8', 'orange.9', 'cyan.8', 'pink.8'];
const STYLES: readonly SeriesStyle[] = ['solid', 'dashed', 'dotted', 'mixed'];

/** The colour of the model at this place; they come again after a while. */
export function colorAt(place: number): string {
  return COLORS[place % COLORS.length] ?? 'blue.8';
}

/** How the models of these names are drawn; the name of each series is the place of its model in the timeline. */
export function memorySeries({ models }: EngineTimeline, names: readonly string[]): readonly Series[] {
  return models.flatMap((timeline, place) => {
    const label = nameOf(timeline, models);
    const style = STYLES[place % STYLES.length] ?? 'solid';
    // A name with a point in it would be read as a path.
    return names.includes(label) ? [{ name: `model${place}`, label, color: colorAt(place), style }] : [];
  });
}
