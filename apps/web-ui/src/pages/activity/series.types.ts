/** How a line or bar is drawn, so that it is known without its colour. */
export type SeriesStyle = 'solid' | 'dashed' | 'dotted' | 'mixed';

/** One row of figures of a chart. */
export interface Series {
  /** Its place in the points. */
  readonly name: string;
  readonly label: string;
  readonly color: string;
  readonly style: SeriesStyle;
}

/** A point of a chart; `time` is Unix ms. */
export type SeriesPoint = Readonly<Record<string, number | null>> & { readonly time: number };
