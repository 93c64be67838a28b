import { Button, Group, Paper, Stack } from '@mantine/core';
import { RefreshCw, StepForward } from 'lucide-react';
import { memo } from 'react';
import { CopyButton } from '../../components/copy-button';
import { AnswerBody } from './answer-body';
import { useAnswerTexts } from './answer.texts';
import type { Answer } from './chat.types';
import { answerAgain, ask, startNew, useConversations } from './conversations.store';

interface AnswerCardProps {
  /** As it was kept; what this tab writes is looked up. */
  readonly answer: Answer;
  /** Whether it is the last turn, which can be written anew. */
  readonly last: boolean;
  /** Called after a button was used that goes away with it. */
  readonly onActed: () => void;
}

/** An answer with what can be done about it. Of those on the page only the one that grows is drawn anew. */
export const AnswerCard = memo(function AnswerCard({ answer: kept, last, onActed }: AnswerCardProps) {
  const t = useAnswerTexts();
  const live = useConversations((state) => state.live[kept.id]);
  const answer = live ?? kept;
  const retry = (): void => {
    answerAgain(answer.id);
    onActed();
  };
  const ended = answer.state !== 'running' || !live;
  const cut = answer.finish === 'length' && answer.asked.form === 'text' && answer.state === 'done';
  return (
    <Paper
      component="article"
      aria-label={t('answerOf', { model: answer.served.model ?? answer.asked.model })}
      aria-busy={live !== undefined}
      py="xs"
    >
      <Stack gap="xs">
        <AnswerBody
          answer={answer}
          live={live !== undefined}
          onRetry={last ? retry : undefined}
          onNew={() => {
            startNew();
            onActed();
          }}
        />
        {ended && (
          <Group gap={6}>
            {answer.text !== '' && <CopyButton value={answer.text} label={t('copyAnswer')} />}
            {last && answer.state !== 'failed' && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<RefreshCw size={14} aria-hidden />}
                onClick={retry}
              >
                {t('regenerate')}
              </Button>
            )}
            {last && cut && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<StepForward size={14} aria-hidden />}
                onClick={() => {
                  ask({ text: t('goOnPrompt'), images: [] });
                  onActed();
                }}
              >
                {t('goOn')}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Paper>
  );
});
