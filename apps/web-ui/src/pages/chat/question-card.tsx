import { ActionIcon, Button, Group, Paper, Stack, Text, Textarea, Tooltip } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { memo, useState } from 'react';
import { CopyButton } from '../../components/copy-button';
import { useAnswerTexts } from './answer.texts';
import { useChatTexts } from './chat.texts';
import type { Question } from './chat.types';
import { ask } from './conversations.store';
import classes from './chat.module.css';

const MOST_ROWS = 12;

interface EditFormProps {
  readonly question: Question;
  readonly done: () => void;
}

function EditForm({ question, done }: EditFormProps) {
  const t = useAnswerTexts();
  const [text, setText] = useState(question.text);
  const empty = text.trim() === '' && question.images.length === 0;
  const send = (): void => {
    if (empty) return;
    done();
    ask({ text: text.trim(), images: question.images }, question.id);
  };
  return (
    <Stack gap="xs">
      <Textarea
        label={t('editLabel')}
        description={t('editWhy')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            done();
          } else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
        autosize
        minRows={2}
        maxRows={MOST_ROWS}
        autoFocus
      />
      <Group gap="xs" justify="flex-end">
        <Button size="xs" variant="default" onClick={done}>
          {t('cancel')}
        </Button>
        <Button size="xs" onClick={send} disabled={empty}>
          {t('askAgain')}
        </Button>
      </Group>
    </Stack>
  );
}

interface QuestionCardProps {
  readonly question: Question;
  /** Whether it can be asked in other words now. */
  readonly editable: boolean;
  /** Where the focus goes when editing ends. */
  readonly onEdited: () => void;
}

/** A question, which can be copied, and asked again in other words. */
export const QuestionCard = memo(function QuestionCard({ question, editable, onEdited }: QuestionCardProps) {
  const t = useAnswerTexts();
  const chat = useChatTexts();
  const [editing, setEditing] = useState(false);
  const done = (): void => {
    setEditing(false);
    onEdited();
  };
  return (
    <Paper component="article" aria-label={t('yourQuestion')} p="sm" className={editing ? '' : classes['question']}>
      {editing ? (
        <EditForm question={question} done={done} />
      ) : (
        <Stack gap="xs">
          {question.images.length > 0 && (
            <Group gap="xs">
              {question.images.map((url, index) => (
                <img
                  key={index}
                  src={url}
                  alt={chat('imageNumber', { number: index + 1 })}
                  className={classes['shown']}
                />
              ))}
            </Group>
          )}
          {question.text !== '' && <Text className={classes['plain']}>{question.text}</Text>}
          <Group gap={4} justify="flex-end">
            {question.text !== '' && <CopyButton value={question.text} label={t('copyQuestion')} />}
            {editable && (
              <Tooltip label={t('edit')}>
                <ActionIcon variant="default" size={26} aria-label={t('edit')} onClick={() => setEditing(true)}>
                  <Pencil size={14} aria-hidden />
                </ActionIcon>
              </Tooltip>
            )}
          </Group>
        </Stack>
      )}
    </Paper>
  );
});
