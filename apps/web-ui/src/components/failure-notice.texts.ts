import { defineTexts } from '../i18n/texts';

/** Texts of errors. */
export const useFailureTexts = defineTexts('failure', {
  en: {
    title: 'That did not work',
    unreachable: 'The gateway cannot be reached. Is it still running? The page tries again by itself.',
    keyNeeded: 'A key is needed',
    keyNeededWhy: 'Keys are on for this gateway. Enter yours at the top right.',
    notAllowed: 'Your key may not do this',
    otherKey: 'Another key can be entered at the top right.',
    retryIn_one: 'Try again in {{count}} second.',
    retryIn_other: 'Try again in {{count}} seconds.',
    requestId: 'Request {{id}}',
    again: 'Try again',
  },
  es: {
    title: 'No ha funcionado',
    unreachable: 'No se puede contactar con la pasarela. ¿Sigue en marcha? La página lo intenta de nuevo por sí sola.',
    keyNeeded: 'Hace falta una clave',
    keyNeededWhy: 'Esta pasarela pide claves. Introduce la tuya arriba a la derecha.',
    notAllowed: 'Tu clave no permite esto',
    otherKey: 'Puedes introducir otra clave arriba a la derecha.',
    retryIn_one: 'Inténtalo de nuevo dentro de {{count}} segundo.',
    retryIn_other: 'Inténtalo de nuevo dentro de {{count}} segundos.',
    requestId: 'Petición {{id}}',
    again: 'Reintentar',
  },
});
