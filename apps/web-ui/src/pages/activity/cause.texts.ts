import { defineTexts } from '../../i18n/texts';

/** Why the scheduler decided something. */
export const useCauseTexts = defineTexts('cause', {
  en: {
    makes_room: 'makes room: {{cause}}',
    larger_context: 'comes back with a context of {{tokens}} tokens: {{cause}}',
    requests_one: '{{count}} request waits for {{names}}',
    requests_other: '{{count}} requests wait for {{names}}',
    overdue: '{{names}} waited {{waited}}, longer than the {{bound}} of tier {{tier}}',
    idle: 'was not used for {{time}}',
    unwanted: 'somebody wanted it out of memory',
    memory_pressure: 'memory pressure: {{bytes}} less than must be left free',
    adapter: 'room for an adapter over {{names}}',
    too_large: 'needs {{need}}; that is more than the {{total}} that there are for models',
    pinned_one: '{{names}} is pinned and in the way',
    pinned_other: '{{names}} are pinned and in the way',
    queue_full_one: 'the queue of tier {{tier}} is full: {{count}} request waits',
    queue_full_other: 'the queue of tier {{tier}} is full: {{count}} requests wait',
  },
  es: {
    makes_room: 'deja sitio: {{cause}}',
    larger_context: 'vuelve con un contexto de {{tokens}} tokens: {{cause}}',
    requests_one: '{{count}} petición espera a {{names}}',
    requests_other: '{{count}} peticiones esperan a {{names}}',
    overdue: '{{names}} esperó {{waited}}, más que los {{bound}} del nivel {{tier}}',
    idle: 'nadie lo usó durante {{time}}',
    unwanted: 'alguien lo quiso fuera de la memoria',
    memory_pressure: 'falta memoria: {{bytes}} menos de lo que debe quedar libre',
    adapter: 'sitio para un adaptador de {{names}}',
    too_large: 'necesita {{need}}; es más que los {{total}} que hay para modelos',
    pinned_one: '{{names}} está fijado y no deja sitio',
    pinned_other: '{{names}} están fijados y no dejan sitio',
    queue_full_one: 'la cola del nivel {{tier}} está llena: espera {{count}} petición',
    queue_full_other: 'la cola del nivel {{tier}} está llena: esperan {{count}} peticiones',
  },
});
