import { Alert, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import type { TaggedModel } from '@local-llm-agent/contracts';
import { useInstalledModels } from '../../api/model-management.api';
import { useModels } from '../../api/models.api';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { ModelsPlaceholder } from './models-placeholder';
import { useModelsTexts } from './models.texts';
import classes from './models.module.css';

interface MemberCardProps {
  readonly id: string;
  readonly runtime: string;
  readonly tag: TaggedModel | undefined;
}

function MemberCard({ id, runtime, tag }: MemberCardProps) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const standIn = tag?.details.parent_model;
  const parts = [
    runtime,
    ...(tag && !standIn ? [formatBytes(tag.size, language), tag.details.parameter_size] : []),
    ...(tag && !standIn ? [tag.details.family, tag.details.quantization_level] : []),
    ...(standIn ? [t('answeredBy', { name: standIn })] : []),
  ];
  return (
    <Paper withBorder p="sm" component="li">
      <Group gap="sm" justify="space-between">
        <Code className={classes['breaking']}>{id}</Code>
        <Text size="sm">{parts.filter(Boolean).join(' · ')}</Text>
      </Group>
    </Paper>
  );
}

/** The models of a caller who may use them and not manage them. */
export function MemberModels() {
  const t = useModelsTexts();
  const models = useModels();
  const tags = useInstalledModels();
  const tagOf = (id: string): TaggedModel | undefined =>
    tags.data?.find(({ name }) => name === id || name === `${id}:latest`);
  return (
    <Stack>
      <ViewTitle title={t('title')} about={t('aboutMember')} />
      {models.error && <FailureNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.isPending && <ModelsPlaceholder />}
      {models.data && (
        <ul className={classes['list']} aria-label={t('list')}>
          {models.data.data.map(({ id, owned_by: runtime }) => (
            <MemberCard key={id} id={id} runtime={runtime} tag={tagOf(id)} />
          ))}
        </ul>
      )}
      {models.data && (
        <Alert color="blue" variant="light" icon={<KeyRound aria-hidden />} role="note">
          <Title order={2} size="h5">
            {t('memberMore')}
          </Title>
          <Text size="sm">{t('memberMoreWhat')}</Text>
        </Alert>
      )}
    </Stack>
  );
}
