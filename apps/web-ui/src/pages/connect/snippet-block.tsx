import { Box, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { CopyButton } from '../../components/copy-button';
import { useConnectTexts } from './connect.texts';
import type { Snippet } from './snippet.types';
import { hideKey } from './snippets.translate';
import classes from './snippet-block.module.css';

const LANGUAGE_NAMES = { bash: 'Shell', python: 'Python', javascript: 'JavaScript', json: 'JSON' } as const;

interface SnippetBlockProps {
  readonly snippet: Snippet;
  /** The family that it belongs to, so that its name says what it is. */
  readonly group: string;
  /** What is shown as dots; undefined to show everything. */
  readonly hidden: string | undefined;
}

function Install({ command, title }: { readonly command: string; readonly title: string }) {
  const t = useConnectTexts();
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        {t('install')}
      </Text>
      <Code>{command}</Code>
      <CopyButton value={command} label={t('copyInstall', { title })} />
    </Group>
  );
}

/** A piece of code to copy, with what it needs. What is copied has the whole key. */
export function SnippetBlock({ snippet, group, hidden }: SnippetBlockProps) {
  const t = useConnectTexts();
  const { id, title, language, install, note, code } = snippet;
  const name = `${group}, ${title}`;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={`snippet-${id}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Group gap="xs">
            <Title order={2} size="h4" id={`snippet-${id}`}>
              {title}
            </Title>
            {LANGUAGE_NAMES[language] !== title && (
              <Text size="xs" c="dimmed">
                {LANGUAGE_NAMES[language]}
              </Text>
            )}
          </Group>
          <Box flex="none">
            <CopyButton value={code} label={t('copyCode', { title: name })} />
          </Box>
        </Group>
        {note && <Text size="sm">{t(note)}</Text>}
        {install !== undefined && <Install command={install} title={name} />}
        <Box className={classes['code']} tabIndex={0} role="region" aria-label={t('code', { title: name })}>
          <pre data-testid={`code-${id}`}>
            <code>{hideKey(code, hidden)}</code>
          </pre>
        </Box>
      </Stack>
    </Paper>
  );
}
