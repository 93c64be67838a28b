import { Stack, Text } from '@mantine/core';
import { useModelRemoval } from '../../api/model-management.api';
import { FailureNotice } from '../../components/failure-notice';
import { useToast } from '../../components/use-toast';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { ConfirmDialog } from './confirm-dialog';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

interface DeleteDialogProps {
  readonly row: ModelRow;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Says what a deletion takes away and how it could come back, and does it. */
export function DeleteDialog({ row, opened, onClose }: DeleteDialogProps) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const removal = useModelRemoval();
  const tell = useToast();
  const { id: name, plan, tag, place } = row;
  const close = (): void => {
    removal.reset();
    onClose();
  };
  const remove = (): void =>
    removal.mutate(plan?.installedAs ?? name, {
      onSuccess: () => {
        close();
        tell(t('deleted', { name }));
      },
    });
  const hosts = new Intl.ListFormat(language).format(plan?.runtimes ?? []);
  const isFile = plan?.runtimes.includes('embedded') === true;
  // Only what the catalog names has a description, be it an empty one.
  const isNamed = plan !== undefined && plan.description !== null;
  return (
    <ConfirmDialog
      opened={opened}
      title={t('deleteTitle', { name })}
      action={t('delete')}
      danger
      busy={removal.isPending}
      onClose={close}
      onConfirm={remove}
    >
      <Stack gap="xs">
        <Text size="sm">{t('deleteFrees', { hosts, size: formatBytes(tag?.size ?? 0, language) })}</Text>
        {place === 'memory' && <Text size="sm">{t('deleteResident')}</Text>}
        <Text size="sm">{t(isFile ? 'deleteBackFile' : 'deleteBack')}</Text>
        {isNamed && <Text size="sm">{t('deleteCatalog')}</Text>}
        {removal.error && <FailureNotice error={removal.error} />}
      </Stack>
    </ConfirmDialog>
  );
}
