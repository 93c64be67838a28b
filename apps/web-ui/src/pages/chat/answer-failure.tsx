import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { CircleAlert, KeyRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAnswerTexts } from './answer.texts';
import type { AnswerFailure } from './chat.types';
import { failureKind, secondsToWait, type FailureKind } from './failure.policy';

const TICK_MS = 250;

type T = ReturnType<typeof useAnswerTexts>;

/** Seconds that are left before it makes sense to try again. */
function useCountdown(failure: AnswerFailure): number {
  const [now, setNow] = useState(() => Date.now());
  const left = secondsToWait(failure, now);
  const waits = left > 0;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [waits]);
  return left;
}

/** The seconds of the message stand still; those of the button count. */
function withoutCountdown(message: string): string {
  return message.replace(/ Try again in \d+ s\.$/, '');
}

function titleOf(kind: FailureKind, begun: boolean, t: T): string {
  if (kind === 'other' || kind === 'unreachable' || kind === 'cut') return t(begun ? 'brokeOff' : 'failed');
  if (begun && (kind === 'unavailable' || kind === 'timeout')) return t('brokeOff');
  return t(`${kind}Title`);
}

interface WaysOutProps {
  readonly failure: AnswerFailure;
  readonly kind: FailureKind;
  readonly onRetry: (() => void) | undefined;
  readonly onNew: (() => void) | undefined;
}

/** What can be done about an error, by a button. */
function WaysOut({ failure, kind, onRetry, onNew }: WaysOutProps) {
  const t = useAnswerTexts();
  const left = useCountdown(failure);
  return (
    <Group gap="sm">
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry} disabled={left > 0}>
          {left > 0 ? t('againIn', { count: left }) : t('again')}
        </Button>
      )}
      {onNew && (kind === 'tooLong' || kind === 'tooLarge') && (
        <Button size="xs" variant="default" onClick={onNew}>
          {t('newOne')}
        </Button>
      )}
      {failure.requestId !== undefined && kind !== 'key' && kind !== 'denied' && (
        <Text size="xs" ff="monospace">
          {t('requestId', { id: failure.requestId })}
        </Text>
      )}
    </Group>
  );
}

interface AnswerFailureNoticeProps {
  readonly failure: AnswerFailure;
  /** Whether something of the answer had come. */
  readonly begun: boolean;
  readonly onRetry?: (() => void) | undefined;
  readonly onNew?: (() => void) | undefined;
}

/** Why an answer did not come or broke off, in words, and what to do about it. */
export function AnswerFailureNotice({ failure, begun, onRetry, onNew }: AnswerFailureNoticeProps) {
  const t = useAnswerTexts();
  const kind = failureKind(failure);
  const locked = kind === 'key' || kind === 'denied';
  const ours = kind === 'unreachable' || kind === 'cut' || kind === 'key';
  return (
    <Alert
      role="alert"
      variant="light"
      color={locked ? 'blue' : kind === 'limited' ? 'yellow' : 'red'}
      icon={locked ? <KeyRound aria-hidden /> : <CircleAlert aria-hidden />}
      title={titleOf(kind, begun, t)}
    >
      <Stack gap="xs" align="flex-start">
        {kind !== 'other' && <Text size="sm">{t(kind)}</Text>}
        {begun && <Text size="sm">{t('kept')}</Text>}
        {!ours && <Text size="sm">{t('notSaid', { message: withoutCountdown(failure.message) })}</Text>}
        <WaysOut failure={failure} kind={kind} onRetry={onRetry} onNew={onNew} />
      </Stack>
    </Alert>
  );
}
