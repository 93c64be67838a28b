import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { CircleAlert, KeyRound } from 'lucide-react';
import { ApiFailure } from '../api/http.client';
import { useFailureTexts } from './failure-notice.texts';

interface FailureNoticeProps {
  readonly error: unknown;
  /** Offers to try again. */
  readonly onRetry?: () => void;
}

/** An error in words, with what to do about it. */
export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  const t = useFailureTexts();
  const failure = error instanceof ApiFailure ? error : new ApiFailure(String(error), 0, 'unknown');
  const locked = failure.status === 401 || failure.status === 403;
  const title = failure.status === 401 ? t('keyNeeded') : failure.status === 403 ? t('notAllowed') : t('title');
  const { retryAfterSeconds, requestId } = failure.details;
  return (
    <Alert
      color={locked ? 'blue' : 'red'}
      variant="light"
      title={title}
      icon={locked ? <KeyRound aria-hidden /> : <CircleAlert aria-hidden />}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{wordsOf(failure, t)}</Text>
        {retryAfterSeconds !== undefined && <Text size="sm">{t('retryIn', { count: retryAfterSeconds })}</Text>}
        <Group gap="sm">
          {onRetry && (
            <Button size="xs" variant="default" onClick={onRetry}>
              {t('again')}
            </Button>
          )}
          {requestId !== undefined && !locked && (
            <Text size="xs" ff="monospace">
              {t('requestId', { id: requestId })}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

function wordsOf(failure: ApiFailure, t: ReturnType<typeof useFailureTexts>): string {
  if (failure.code === 'unreachable') return t('unreachable');
  if (failure.status === 401) return t('keyNeededWhy');
  if (failure.status === 403) return `${failure.message} ${t('otherKey')}`;
  return failure.message;
}
