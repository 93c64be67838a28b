import { Button, Collapse, Paper, Text } from '@mantine/core';
import { useDisclosure, useId } from '@mantine/hooks';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useAnswerTexts } from './answer.texts';
import classes from './chat.module.css';

interface ThoughtsProps {
  readonly text: string;
  /** Whether the model still thinks. */
  readonly running: boolean;
}

/** What a model thought before it answered, folded away. */
export function Thoughts({ text, running }: ThoughtsProps) {
  const t = useAnswerTexts();
  const [opened, { toggle }] = useDisclosure(false);
  const id = useId();
  const Chevron = opened ? ChevronDown : ChevronRight;
  return (
    <div>
      <Button
        size="compact-sm"
        variant="subtle"
        onClick={toggle}
        aria-expanded={opened}
        aria-controls={id}
        leftSection={<Chevron size={16} aria-hidden />}
      >
        {running ? t('thinking') : t('thoughts')}
      </Button>
      <Collapse expanded={opened} id={id}>
        <Paper withBorder p="sm" mt={4}>
          <Text size="sm" c="dimmed" className={classes['plain']}>
            {opened ? text : ''}
          </Text>
        </Paper>
      </Collapse>
    </div>
  );
}
