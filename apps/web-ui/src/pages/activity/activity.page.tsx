import '@mantine/charts/styles.css';
import type { EngineTimeline, GatewayActivity } from '@local-llm-agent/contracts';
import { SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useActivity, useTimeline } from '../../api/activity.api';
import { useLiveStatus } from '../../api/residency.feed';
import { useAppTexts } from '../../app.texts';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { useActivityTexts } from './activity.texts';
import { ActivityTiles } from './activity-tiles';
import { DecisionsPanel } from './decisions-panel';
import { useClock, useHeld } from './held-value';
import { LanesPanel } from './lanes-panel';
import type { TimeSpan } from './lanes.state';
import { MemoryHistoryPanel } from './memory-history-panel';
import { MemoryPanel } from './memory-panel';
import { MINUTES, TimeControls, type Minutes } from './time-controls';
import { QueuePanel } from './queue-panel';
import { RatePanels } from './rate-panels';
import { RequestsPanel } from './requests-panel';

/** Points of a chart: enough to see, few enough to draw all the time. */
const STEPS = 60;
/** How often the lanes move, ms: about a pixel each time. */
const TICK_MS: Readonly<Record<Minutes, number>> = { 5: 1000, 30: 5000 };

function Waiting() {
  const t = useActivityTexts();
  return (
    <Stack aria-busy="true">
      <Text c="dimmed">{t('waitingFor')}</Text>
      <Skeleton height={88} />
      <Skeleton height={220} />
    </Stack>
  );
}

interface MovingProps {
  readonly timeline: EngineTimeline;
  /** How far the clock of the system is ahead of that of this browser, ms. */
  readonly offset: number;
  readonly minutes: Minutes;
  readonly everyMs: number;
  readonly paused: boolean;
  readonly children: (span: TimeSpan) => ReactNode;
}

/** What moves with the time, and nothing around it: a page that is only watched costs little. */
function Moving({ timeline, offset, minutes, everyMs, paused, children }: MovingProps) {
  const clock = useClock(everyMs, paused);
  // What was told last may be newer than the last tick of the clock.
  const to = Math.max(clock + offset, Date.parse(timeline.time));
  return children({ from: to - minutes * 60_000, to });
}

interface PanelsProps {
  readonly live: ReturnType<typeof useLiveStatus>;
  readonly timeline: EngineTimeline | undefined;
  readonly offset: number;
  readonly activity: GatewayActivity | undefined;
  readonly minutes: Minutes;
  readonly paused: boolean;
}

function Panels({ live: { status }, timeline, offset, activity, minutes, paused }: PanelsProps) {
  const moving = timeline && { timeline, offset, minutes, paused };
  return (
    <Stack>
      {activity && <ActivityTiles activity={activity} status={status} />}
      {status && <QueuePanel status={status} />}
      {moving && (
        <Moving {...moving} everyMs={TICK_MS[minutes]}>
          {(span) => <LanesPanel timeline={moving.timeline} status={status} span={span} />}
        </Moving>
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {activity && <RatePanels activity={activity} />}
        {status && timeline && <MemoryPanel status={status} timeline={timeline} />}
        {moving &&
          status?.pools.map(({ id }) => (
            <Moving key={id} {...moving} everyMs={(minutes * 60_000) / STEPS}>
              {(span) => <MemoryHistoryPanel timeline={moving.timeline} pool={id} span={span} />}
            </Moving>
          ))}
      </SimpleGrid>
      {status && <DecisionsPanel decisions={status.decisions} />}
      {(activity ?? status) && <RequestsPanel paused={paused} />}
    </Stack>
  );
}

/** What is going on: queue, models in memory, requests, tokens, times, errors, memory, decisions. */
export default function ActivityPage() {
  const title = useAppTexts()('activity');
  const t = useActivityTexts();
  const [minutes, setMinutes] = useState<Minutes>(MINUTES[0]);
  const [pausedAt, setPausedAt] = useState<number>();
  const paused = pausedAt !== undefined;
  const timeline = useTimeline(paused);
  const activity = useActivity({ seconds: minutes * 60, step: (minutes * 60) / STEPS }, paused);
  const live = useHeld(useLiveStatus(), paused);
  // The clock of the system may be another one than that of this browser.
  const offset = timeline.data ? Date.parse(timeline.data.time) - timeline.dataUpdatedAt : 0;
  const error = activity.error ?? timeline.error ?? live.failure;
  const nothing = !activity.data && !timeline.data && !live.status;
  return (
    <>
      <ViewTitle
        title={title}
        about={t('about')}
        actions={
          <TimeControls minutes={minutes} setMinutes={setMinutes} pausedAt={pausedAt} setPausedAt={setPausedAt} />
        }
      />
      <Stack>
        {error && <FailureNotice error={error} />}
        {nothing && !error && <Waiting />}
        <Panels
          live={live}
          timeline={timeline.data}
          offset={offset}
          activity={activity.data}
          minutes={minutes}
          paused={paused}
        />
      </Stack>
    </>
  );
}
