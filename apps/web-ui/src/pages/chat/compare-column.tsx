import { Button, Group, Paper, Stack, Title } from '@mantine/core';
import { RefreshCw, Square } from 'lucide-react';
import { memo } from 'react';
import { CopyButton } from '../../components/copy-button';
import { Announcer } from './announcer';
import { AnswerBody } from './answer-body';
import { useAnswerTexts } from './answer.texts';
import type { Answer } from './chat.types';
import { useCompareTexts } from './compare.texts';
import { compareAgain, stopOne } from './comparison.store';
import classes from './chat.module.css';

interface CompareColumnProps {
  /** As it was asked for. */
  readonly model: string;
  readonly answer: Answer;
}

/** The answer of one of several models, with figures, errors and buttons of its own. */
export const CompareColumn = memo(function CompareColumn({ model, answer }: CompareColumnProps) {
  const t = useAnswerTexts();
  const compare = useCompareTexts();
  const running = answer.state === 'running';
  return (
    <Paper
      component="article"
      withBorder
      p="sm"
      aria-label={t('answerOf', { model })}
      aria-busy={running}
      className={classes['column']}
    >
      <Stack gap="sm">
        <Title order={2} size="h5" className={classes['plain']}>
          {model}
        </Title>
        <AnswerBody answer={answer} live onRetry={() => compareAgain(model)} />
        <Announcer answer={answer} />
        <Group gap={6}>
          {running && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Square size={12} aria-hidden />}
              aria-label={compare('stopOne', { model })}
              onClick={() => stopOne(model)}
            >
              {compare('stop')}
            </Button>
          )}
          {!running && answer.text !== '' && <CopyButton value={answer.text} label={t('copyAnswer')} />}
          {!running && answer.state !== 'failed' && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<RefreshCw size={14} aria-hidden />}
              aria-label={compare('regenerateOf', { model })}
              onClick={() => compareAgain(model)}
            >
              {t('regenerate')}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
});
