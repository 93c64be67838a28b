import { AreaChart, BarChart, LineChart } from '@mantine/charts';
import { Group, Stack, Text, useMantineTheme, getThemeColor } from '@mantine/core';
import { memo, useId } from 'react';
import { useLanguage } from '../../i18n/i18n';
import { formatMoment } from './moment.format';
import type { Series, SeriesPoint, SeriesStyle } from './series.types';

const HEIGHT = 190;
const DASHES: Readonly<Record<SeriesStyle, string | undefined>> = {
  solid: undefined,
  dashed: '7 4',
  dotted: '2 3',
  mixed: '9 3 2 3',
};
/** How the lines of a hatch lean, degrees, and how thick they are, px. */
const HATCHES = {
  solid: { angle: 0, thickness: 6 },
  dashed: { angle: 45, thickness: 4 },
  dotted: { angle: 135, thickness: 2 },
  mixed: { angle: 90, thickness: 3 },
} as const satisfies Record<SeriesStyle, object>;

interface SwatchProps {
  readonly series: Series;
  /** The hatch of a bar; a line without it. */
  readonly hatch: string | undefined;
}

function Swatch({ series: { color, style }, hatch }: SwatchProps) {
  const stroke = getThemeColor(color, useMantineTheme());
  return (
    <svg width={26} height={12} aria-hidden focusable={false}>
      {hatch !== undefined && <rect width={26} height={12} fill={`url(#${hatch})`} />}
      {hatch === undefined && (
        <line x1={0} y1={4} x2={26} y2={4} stroke={stroke} strokeWidth={3} strokeDasharray={DASHES[style]} />
      )}
    </svg>
  );
}

/** Hatches of bars. */
function Hatches({ id, series }: { readonly id: string; readonly series: readonly Series[] }) {
  const theme = useMantineTheme();
  return (
    <defs>
      {series.map(({ name, color, style }) => (
        <pattern
          key={name}
          id={`${id}-${name}`}
          width={6}
          height={6}
          patternUnits="userSpaceOnUse"
          patternTransform={`rotate(${HATCHES[style].angle})`}
        >
          <rect width={HATCHES[style].thickness} height={6} fill={getThemeColor(color, theme)} />
        </pattern>
      ))}
    </defs>
  );
}

interface LegendProps {
  readonly series: readonly Series[];
  /** Where the hatches of bars are; lines without it. */
  readonly hatches: string | undefined;
}

function Legend({ series, hatches }: LegendProps) {
  return (
    <Group gap="md">
      {series.map((each) => (
        <Group key={each.name} gap={6} wrap="nowrap">
          <Swatch series={each} hatch={hatches === undefined ? undefined : `${hatches}-${each.name}`} />
          <Text size="sm">{each.label}</Text>
        </Group>
      ))}
    </Group>
  );
}

interface SeriesChartProps {
  readonly kind: 'line' | 'bar' | 'area';
  /** What it shows, in words. */
  readonly label: string;
  readonly points: readonly SeriesPoint[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Whether its values are whole numbers. */
  readonly whole: boolean;
}

/** A chart over time. It is drawn anew only when its points are others. */
export const SeriesChart = memo(function SeriesChart({ kind, label, points, series, format, whole }: SeriesChartProps) {
  const [language] = useLanguage();
  const id = useId().replace(/\W/g, '');
  const common = {
    h: HEIGHT,
    data: points.map((point) => ({ ...point, at: formatMoment(point.time, language) })),
    dataKey: 'at',
    valueFormatter: format,
    accessibilityLayer: false,
    xAxisProps: { minTickGap: 50 },
    // All in one line: a space would break it.
    yAxisProps: {
      width: 72,
      interval: 0,
      allowDecimals: !whole,
      tickCount: 4,
      tickFormatter: (value: number) => format(value).replaceAll(' ', '\u00a0'),
    },
    connectNulls: false,
  };
  const drawn = series.map(({ name, label: text, color, style }) => {
    const dash = DASHES[style];
    return { name, label: text, color, ...(dash !== undefined && { strokeDasharray: dash }) };
  });
  return (
    <Stack gap={4}>
      <div role="img" aria-label={label}>
        {kind === 'line' && (
          <LineChart {...common} curveType="linear" series={drawn} dotProps={{ r: 2 }} activeDotProps={{ r: 4 }} />
        )}
        {kind === 'area' && (
          <AreaChart
            {...common}
            curveType="stepAfter"
            series={drawn}
            type="stacked"
            withDots={false}
            fillOpacity={0.3}
          />
        )}
        {kind === 'bar' && (
          <BarChart
            {...common}
            series={drawn}
            type="stacked"
            barProps={({ name }) => {
              const own = series.find((each) => each.name === name);
              return own === undefined || own.style === 'solid' ? {} : { fill: `url(#${id}-${name})` };
            }}
          >
            <Hatches id={id} series={series} />
          </BarChart>
        )}
      </div>
      {series.length > 1 && <Legend series={series} hatches={kind === 'bar' ? id : undefined} />}
    </Stack>
  );
});
