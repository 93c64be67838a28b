import { notifications, type NotificationData } from '@mantine/notifications';
import { defineTexts } from '../i18n/texts';

/** Long enough to be read (WCAG 2.2, 2.2.1); nothing is told here only. */
const SHOWN_MS = 8000;

const useToastTexts = defineTexts('toast', { en: { close: 'Close the message' }, es: { close: 'Cerrar el mensaje' } });

/** Says at the top right for a while what was done, and with `more` how it looks. */
export function useToast(): (message: string, more?: Pick<NotificationData, 'color' | 'title' | 'role'>) => void {
  const t = useToastTexts();
  return (message, more) => {
    notifications.show({ ...more, message, autoClose: SHOWN_MS, closeButtonProps: { 'aria-label': t('close') } });
  };
}
