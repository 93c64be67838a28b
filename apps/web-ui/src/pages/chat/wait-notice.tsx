import { Group, Text } from '@mantine/core';
import { useAnswerTexts } from './answer.texts';
import type { Waiting } from './chat.types';
import classes from './chat.module.css';

type T = ReturnType<typeof useAnswerTexts>;

function placeWords(position: number, t: T): string {
  if (position === 1) return t('place1');
  if (position === 2) return t('place2');
  return position === 3 ? t('place3') : t('placeN', { position });
}

/** Where a request waits, as a person would say it; `brief` leaves out what changes every second. */
export function waitWords(waiting: Waiting, t: T, brief = false): string {
  if (waiting.phase !== 'queued') return t(waiting.phase);
  const { position, model, load, seconds } = waiting;
  const place = t('queued', { place: placeWords(position, t), model });
  if (load === undefined || brief) return place;
  if (seconds === undefined) return `${place}; ${t('loadingLong', { model })}`;
  return `${place}; ${t(load === 'loading' ? 'loading' : 'toLoad', { model, seconds })}`;
}

interface WaitNoticeProps {
  readonly waiting: Waiting;
}

/** What an answer that has not begun is waiting for. */
export function WaitNotice({ waiting }: WaitNoticeProps) {
  const t = useAnswerTexts();
  return (
    <Group gap="xs" wrap="nowrap">
      <span className={classes['pulse']} aria-hidden />
      <Text span size="sm">
        {waitWords(waiting, t)}
      </Text>
    </Group>
  );
}
