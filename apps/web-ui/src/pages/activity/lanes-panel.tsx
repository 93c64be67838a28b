import type { EngineStatus, EngineTimeline } from '@local-llm-agent/contracts';
import { Group, Stack, Text } from '@mantine/core';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { DataTable } from './data-table';
import { LaneTrack } from './lane-track';
import { lanesOf, segmentsIn, type LaneState, type TimeSpan } from './lanes.state';
import { formatMoment } from './moment.format';
import { Panel } from './panel';
import classes from './lanes.module.css';

const STATES: readonly LaneState[] = ['loading', 'serving', 'idle', 'unloading'];
/** The table is for reading: more rows than that are not. */
const MOST_ROWS = 200;

function Legend() {
  const t = useActivityTexts();
  return (
    <Group gap="md">
      {STATES.map((state) => (
        <Group key={state} gap={6} wrap="nowrap">
          <div className={classes['swatch']} aria-hidden>
            <div className={`${classes['box']} ${classes[state]}`} style={{ left: 0, width: '100%' }} />
          </div>
          <Text size="sm">{t(state)}</Text>
        </Group>
      ))}
    </Group>
  );
}

/** What is under the lanes: how long ago their beginning and their middle were. */
function Scale({ span }: { readonly span: TimeSpan }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const minutes = Math.round((span.to - span.from) / 60_000);
  return (
    <Group justify="space-between" aria-hidden>
      <Text size="xs" c="dimmed">
        {t('ago', { count: minutes })}
      </Text>
      <Text size="xs" c="dimmed">
        {t('ago', { count: formatNumber(minutes / 2, language, 1) })}
      </Text>
      <Text size="xs" c="dimmed">
        {t('now')}
      </Text>
    </Group>
  );
}

function SegmentTable({ timeline, span }: { readonly timeline: EngineTimeline; readonly span: TimeSpan }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const rows = segmentsIn(timeline, span).slice(0, MOST_ROWS);
  return (
    <DataTable
      label={t('lanes')}
      minWidth={560}
      columns={[t('model'), t('state'), t('from'), t('to'), t('duration'), t('memoryTaken')]}
      rows={rows.map(({ name, segment: { id, state, from, to, bytes } }) => ({
        key: id,
        cells: [
          name,
          t(state),
          formatMoment(from, language),
          to === null ? t('goesOn') : formatMoment(to, language),
          formatDuration((to === null ? span.to : Date.parse(to)) - Date.parse(from), language),
          formatBytes(bytes, language),
        ],
      }))}
    />
  );
}

interface LanesPanelProps {
  readonly timeline: EngineTimeline;
  readonly status: EngineStatus | undefined;
  readonly span: TimeSpan;
}

/** One lane for each model that was in memory: when it was loaded, worked, waited and left. */
export function LanesPanel({ timeline, status, span }: LanesPanelProps) {
  const t = useActivityTexts();
  const lanes = lanesOf(timeline, span);
  return (
    <Panel
      title={t('lanes')}
      about={t('lanesAbout')}
      table={lanes.length === 0 ? undefined : () => <SegmentTable timeline={timeline} span={span} />}
    >
      {lanes.length === 0 ? (
        <Text size="sm">{t('lanesEmpty')}</Text>
      ) : (
        <Stack gap="sm" className={classes['lanes'] ?? ''}>
          <Legend />
          {lanes.map((lane) => (
            <LaneTrack key={lane.key} lane={lane} status={status} />
          ))}
          <Scale span={span} />
        </Stack>
      )}
    </Panel>
  );
}
