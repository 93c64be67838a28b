import { useAppTexts } from '../../app.texts';
import { ViewTitle } from '../../components/view-title';

/** The view. */
export default function ModelsPage() {
  const t = useAppTexts();
  return <ViewTitle title={t('models')} />;
}
