import { Stack, Text, Title } from '@mantine/core';
import { MessageSquare } from 'lucide-react';
import { AnswerCard } from './answer-card';
import { useChatTexts } from './chat.texts';
import type { Conversation } from './chat.types';
import { QuestionCard } from './question-card';

interface TurnListProps {
  readonly conversation: Conversation;
  /** Whether an answer is coming. */
  readonly busy: boolean;
  readonly onActed: () => void;
}

/** What was said so far, or what to do first. */
export function TurnList({ conversation, busy, onActed }: TurnListProps) {
  const t = useChatTexts();
  const { turns } = conversation;
  if (turns.length === 0) {
    return (
      <Stack align="center" gap={4} py="xl" ta="center">
        <MessageSquare size={32} aria-hidden />
        <Title order={2} size="h4">
          {t('start')}
        </Title>
        <Text c="dimmed" maw={440}>
          {t('startWhy')}
        </Text>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      {turns.map((turn, index) =>
        turn.role === 'user' ? (
          <QuestionCard key={turn.id} question={turn} editable={!busy} onEdited={onActed} />
        ) : (
          <AnswerCard key={turn.id} answer={turn} last={index === turns.length - 1} onActed={onActed} />
        ),
      )}
    </Stack>
  );
}
