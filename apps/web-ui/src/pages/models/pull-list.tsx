import { Button, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core';
import type { PullLayer, PullStatus, PullStep } from '@local-llm-agent/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiFailure } from '../../api/http.client';
import { refreshModels } from '../../api/model-management.api';
import { usePullEnd, usePullStart, usePulls } from '../../api/pulls.api';
import { FailureNotice } from '../../components/failure-notice';
import { formatBytes, formatDuration } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { usePullTexts } from './pull.texts';
import classes from './models.module.css';

const STEPS = {
  starting: 'pullStarting',
  manifest: 'pullManifest',
  fetching: 'pullFetching',
  checking: 'pullChecking',
  writing: 'pullWriting',
  done: 'pullDone',
} as const satisfies Record<PullStep, string>;
/** Enough of a digest to tell the files of a model apart, as Ollama shows it. */
const SHORT_DIGEST = 12;

function percentOf(completed: number, total: number): number {
  return total === 0 ? 0 : Math.floor((100 * completed) / total);
}

function LayerLine({ layer }: { readonly layer: PullLayer }) {
  const [language] = useLanguage();
  const { digest, completedBytes: completed, totalBytes: total } = layer;
  return (
    <Group component="li" gap="xs" wrap="nowrap">
      <Text size="xs" ff="monospace">
        {digest.replace(/^sha256:/, '').slice(0, SHORT_DIGEST)}
      </Text>
      <Progress value={percentOf(completed, total)} flex={1} size="sm" aria-hidden />
      <Text size="xs" ta="right" miw="7rem">
        {formatBytes(total, language)} · {percentOf(completed, total)} %
      </Text>
    </Group>
  );
}

function PullFigures({ pull }: { readonly pull: PullStatus }) {
  const t = usePullTexts();
  const [language] = useLanguage();
  const { layers, step, bytesPerSecond: speed } = pull;
  const completed = layers.reduce((sum, { completedBytes }) => sum + completedBytes, 0);
  const total = layers.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const seconds = speed === null || speed <= 0 ? undefined : Math.ceil((total - completed) / speed);
  const bytes = (value: number): string => formatBytes(value, language);
  const parts = [
    t(STEPS[step]),
    ...(total > 0 ? [t('pullBytes', { completed: bytes(completed), total: bytes(total) })] : []),
    ...(speed === null ? [] : [t('pullSpeed', { speed: bytes(speed) })]),
    ...(seconds === undefined ? [] : [t('pullLeft', { time: formatDuration(seconds * 1000, language) })]),
  ];
  return (
    <Stack gap={6}>
      <Text size="sm">{parts.join(' · ')}</Text>
      <Progress
        value={step === 'done' ? 100 : percentOf(completed, total)}
        size="lg"
        aria-label={t('pullBarName', { name: pull.model })}
      />
      <Stack gap={2} component="ul" className={classes['list']} aria-label={t('pullFiles', { name: pull.model })}>
        {layers.map((layer) => (
          <LayerLine key={layer.digest} layer={layer} />
        ))}
      </Stack>
    </Stack>
  );
}

function PullCard({ pull }: { readonly pull: PullStatus }) {
  const t = usePullTexts();
  const start = usePullStart();
  const end = usePullEnd();
  const { id, model: name, runtime, insecure, state, error } = pull;
  const again = (): void =>
    start.mutate({ model: name, runtime, insecure }, { onSuccess: (begun) => begun.id !== id && end.mutate(id) });
  const failure = start.error ?? end.error;
  return (
    <Paper withBorder p="md" component="li">
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start">
          <Title order={3} size="h5" className={classes['breaking']}>
            {name}
          </Title>
          <Group gap="xs">
            {state === 'running' && (
              <Button
                size="xs"
                variant="default"
                aria-label={t('cancelPull', { name })}
                loading={end.isPending}
                onClick={() => end.mutate(id)}
              >
                {t('cancel')}
              </Button>
            )}
            {(state === 'failed' || state === 'cancelled') && (
              <Button size="xs" aria-label={t('againName', { name })} loading={start.isPending} onClick={again}>
                {t('again')}
              </Button>
            )}
            {state !== 'running' && (
              <Button
                size="xs"
                variant="default"
                aria-label={t('dismissName', { name })}
                loading={end.isPending}
                onClick={() => end.mutate(id)}
              >
                {t('dismiss')}
              </Button>
            )}
          </Group>
        </Group>
        {(state === 'running' || state === 'done') && <PullFigures pull={pull} />}
        {state === 'cancelled' && <Text size="sm">{t('pullCancelled')}</Text>}
        {state === 'failed' && <FailureNotice error={new ApiFailure(error ?? '', 502, 'pull_failed')} />}
        {failure && <FailureNotice error={failure} />}
      </Stack>
    </Paper>
  );
}

/** The pulls of all who fetch models: how far they are, how fast, and how they ended. */
export function PullList() {
  const t = usePullTexts();
  const queries = useQueryClient();
  const { data: pulls = [] } = usePulls();
  const done = pulls.filter(({ state }) => state === 'done').length;
  // What has come is in the lists of models by now.
  useEffect(() => {
    if (done > 0) refreshModels(queries);
  }, [queries, done]);
  if (pulls.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-labelledby="models-pulls">
      <Title order={2} size="h4" id="models-pulls">
        {t('pulls')}
      </Title>
      <ul className={classes['list']}>
        {pulls.map((pull) => (
          <PullCard key={pull.id} pull={pull} />
        ))}
      </ul>
    </Stack>
  );
}
