import { Text } from '@mantine/core';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { DataTable } from './data-table';
import { formatMoment } from './moment.format';
import { Panel } from './panel';
import { SeriesChart } from './series-chart';
import type { Series, SeriesPoint } from './series.types';

interface SeriesPanelProps {
  readonly title: string;
  readonly kind: 'line' | 'bar' | 'area';
  readonly points: readonly SeriesPoint[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Whether its values are whole numbers. */
  readonly whole?: boolean;
  /** Said instead of a chart in which nothing is. */
  readonly empty: string;
}

/** A chart over time under its heading, and the same as a table. */
export function SeriesPanel({ title, kind, points, series, format, whole = false, empty }: SeriesPanelProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const most = Math.max(0, ...points.flatMap((point) => series.map(({ name }) => point[name] ?? 0)));
  const any = points.some((point) => series.some(({ name }) => (point[name] ?? 0) > 0));
  const cell = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : format(value);
  const label = `${title}: ${series.map((each) => each.label).join(', ')}; ${t('most', { value: format(most) })}`;
  return (
    <Panel
      title={title}
      table={
        any
          ? () => (
              <DataTable
                label={title}
                columns={[t('time'), ...series.map((each) => each.label)]}
                rows={points.toReversed().map((point) => ({
                  key: point.time,
                  cells: [formatMoment(point.time, language), ...series.map(({ name }) => cell(point[name]))],
                }))}
              />
            )
          : undefined
      }
    >
      {any ? (
        <SeriesChart kind={kind} label={label} points={points} series={series} format={format} whole={whole} />
      ) : (
        <Text size="sm">{empty}</Text>
      )}
    </Panel>
  );
}
