import type { EngineStatus } from '@local-llm-agent/contracts';
import { Group, Stack, Text } from '@mantine/core';
import { formatDuration } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts, type ActivityTranslate } from './activity.texts';
import type { Lane } from './lanes.state';
import classes from './lanes.module.css';

/** What the model does now, in words. */
function stateWords(lane: Lane, status: EngineStatus | undefined, t: ActivityTranslate, language: string): string {
  if (lane.state === undefined) return t('gone');
  const isIt = ({ model, runtime }: { readonly model: string; readonly runtime: string }): boolean =>
    model === lane.model && runtime === lane.runtime;
  const resident = status?.residents.find(isIt);
  if (lane.state === 'serving' && resident && resident.slotsInUse > 0)
    return t('servingSlots', { busy: resident.slotsInUse, slots: resident.slots });
  const change = status?.changes.find((each) => each.what === 'load' && isIt(each));
  if (lane.state !== 'loading' || !change) return t(lane.state);
  const elapsed = formatDuration(change.elapsedMs, language);
  if (change.expectedMs === null || change.expectedMs < change.elapsedMs) return t('loadingFor', { elapsed });
  return t('loadingOf', { elapsed, expected: formatDuration(change.expectedMs, language) });
}

interface LaneTrackProps {
  readonly lane: Lane;
  readonly status: EngineStatus | undefined;
}

/** The lane of one model. */
export function LaneTrack({ lane, status }: LaneTrackProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const { name, spent, boxes } = lane;
  const words = stateWords(lane, status, t, language);
  const label = t('laneWords', {
    model: name,
    state: words.toLocaleLowerCase(language),
    serving: formatDuration(spent.serving, language),
    idle: formatDuration(spent.idle, language),
    loading: formatDuration(spent.loading, language),
  });
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        <Text size="sm">{words}</Text>
      </Group>
      <div className={classes['track']} role="img" aria-label={label}>
        {[25, 50, 75].map((left) => (
          <div key={left} className={classes['grid']} style={{ left: `${left}%` }} />
        ))}
        {boxes.map(({ id, state, left, width }) => (
          <div
            key={id}
            className={`${classes['box']} ${classes[state]}`}
            style={{ left: `${left}%`, width: `${width}%` }}
          />
        ))}
      </div>
    </Stack>
  );
}
