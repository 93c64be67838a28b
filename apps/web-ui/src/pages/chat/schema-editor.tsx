import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useDeferredValue } from 'react';
import { schemaProblems, type SchemaProblem } from './json-schema.policy';
import { useSettingsTexts } from './settings.texts';

/** What most people want first: a record with a few fields. */
const EXAMPLE = {
  type: 'object',
  properties: {
    title: { type: 'string', maxLength: 80 },
    rating: { type: 'integer', minimum: 1, maximum: 5 },
  },
  required: ['title', 'rating'],
  additionalProperties: false,
};
const MOST_SHOWN = 5;
const ROWS = { minRows: 8, maxRows: 24 };

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function useProblemWords(): (problem: SchemaProblem) => string {
  const t = useSettingsTexts();
  return ({ kind, path, detail = '' }) => t(kind, { path: path === '' ? t('whole') : path, detail });
}

interface SchemaEditorProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** A place to write a JSON schema, which says at once what is wrong with it, and where. */
export function SchemaEditor({ text, onChange }: SchemaEditorProps) {
  const t = useSettingsTexts();
  const words = useProblemWords();
  const problems = schemaProblems(useDeferredValue(text));
  const parses = !problems.some(({ kind }) => kind === 'not_json' || kind === 'empty');
  return (
    <Stack gap="xs">
      <Textarea
        label={t('schema')}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={
          problems.length > 0 && (
            <>
              {problems.slice(0, MOST_SHOWN).map((problem) => (
                <Text key={`${problem.path} ${problem.kind}`} span display="block" size="sm">
                  {words(problem)}
                </Text>
              ))}
            </>
          )
        }
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        spellCheck={false}
        autosize
        {...ROWS}
      />
      {problems.length === 0 && (
        <Text size="sm" role="status">
          {t('schemaGood')}
        </Text>
      )}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => onChange(pretty(EXAMPLE))}>
          {t('example')}
        </Button>
        <Button size="xs" variant="default" disabled={!parses} onClick={() => onChange(pretty(JSON.parse(text)))}>
          {t('format')}
        </Button>
      </Group>
    </Stack>
  );
}
