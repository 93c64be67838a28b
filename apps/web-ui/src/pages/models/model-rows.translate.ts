import type {
  ChangeStatus,
  EngineStatus,
  ModelPlan,
  ModelPlans,
  ResidentStatus,
  TaggedModel,
} from '@local-llm-agent/contracts';

/** Where a model is now. */
export type ModelPlace = 'memory' | 'installed' | 'absent';

/** One model, with all that is known of it. */
export interface ModelRow {
  readonly id: string;
  /** Undefined for one that is in memory and that no list has any more. */
  readonly plan: ModelPlan | undefined;
  readonly tag: TaggedModel | undefined;
  /** What of it is in memory, on its way there or out; one for each host. */
  readonly residents: readonly ResidentStatus[];
  /** Its load or unload that is under way. */
  readonly change: ChangeStatus | undefined;
  readonly place: ModelPlace;
  /** The model that answers while this one is not installed. */
  readonly standIn: string | undefined;
  readonly pinned: boolean;
}

/** What the list is made from; what is not known yet is undefined. */
export interface ModelFacts {
  readonly plans: ModelPlans;
  readonly tags: readonly TaggedModel[] | undefined;
  readonly status: EngineStatus | undefined;
}

/** Free memory moves all the time; less than this changes little. */
const FREE_STEP_BYTES = 2 ** 28;

const ORDER: Readonly<Record<ModelPlace, number>> = { memory: 0, installed: 1, absent: 2 };

/** The name without the tag that Ollama adds by itself. */
function plain(name: string): string {
  return name.replace(/:latest$/, '');
}

function namesOf({ id, installedAs, adapters }: ModelPlan): readonly string[] {
  return [plain(installedAs ?? id), ...adapters];
}

function rowOf(plan: ModelPlan, { tags = [], status }: ModelFacts): ModelRow {
  const names = namesOf(plan);
  const isOfIt = ({ model }: { readonly model: string }): boolean => names.includes(plain(model));
  const residents = status?.residents.filter(isOfIt) ?? [];
  const tag = tags.find(({ name }) => plain(name) === plain(plan.installedAs ?? plan.id));
  const isHeld = status ? residents.length > 0 : plan.state !== 'absent';
  const standIn = plan.installedAs === null ? tag?.details.parent_model : undefined;
  return {
    id: plan.id,
    plan,
    tag: plan.installedAs === null ? undefined : tag,
    residents,
    change: status?.changes.find(isOfIt),
    place: isHeld ? 'memory' : plan.installedAs === null ? 'absent' : 'installed',
    standIn: standIn === '' ? undefined : standIn,
    pinned: residents.length > 0 ? residents.some(({ pinned }) => pinned) : plan.pinned,
  };
}

function strangerOf(resident: ResidentStatus, { status }: ModelFacts): ModelRow {
  const change = status?.changes.find(({ model }) => model === resident.model);
  const { model: id, pinned } = resident;
  return {
    id,
    plan: undefined,
    tag: undefined,
    residents: [resident],
    change,
    place: 'memory',
    standIn: undefined,
    pinned,
  };
}

/** Every model once: those in memory first, then what is installed, then what only the catalog knows. */
export function toModelRows(facts: ModelFacts): readonly ModelRow[] {
  const rows = facts.plans.models.map((plan) => rowOf(plan, facts));
  const known = new Set(rows.flatMap(({ residents }) => residents));
  const others = (facts.status?.residents ?? []).filter((resident) => !known.has(resident));
  const all = [...rows, ...others.map((resident) => strangerOf(resident, facts))];
  return all.sort((left, right) => ORDER[left.place] - ORDER[right.place]);
}

/** Whether a server that minds its own memory has the model: nothing is loaded, pinned or deleted from here. */
export function isElsewhere({ plan }: ModelRow): boolean {
  return plan?.needBytes === 0;
}

/** The same text for two states in which a load of any model would mean the same. */
export function residencyOf({ residents, runtimes, pools }: EngineStatus): string {
  const held = residents.map(({ runtime, model, purpose, phase, pinned }) => [runtime, model, purpose, phase, pinned]);
  const hosts = runtimes.map(({ id, status }) => [id, status]);
  const free = pools.map(({ id, availableBytes }) => [
    id,
    availableBytes && Math.round(availableBytes / FREE_STEP_BYTES),
  ]);
  return JSON.stringify([held, hosts, free]);
}

/** Which models are looked at. */
export interface RowFilter {
  readonly place: ModelPlace | 'all';
  readonly text: string;
}

function isOfPlace(row: ModelRow, place: RowFilter['place']): boolean {
  if (place === 'all') return true;
  // What is in memory is installed as well.
  return place === 'installed' ? row.place !== 'absent' : row.place === place;
}

function wordsOf({ id, plan, tag }: ModelRow): string {
  const details = tag ? [tag.details.family, tag.details.quantization_level, tag.details.parameter_size] : [];
  const listed = plan ? [...plan.aliases, ...plan.adapters, ...plan.capabilities, ...plan.runtimes, plan.tier] : [];
  return [id, plan?.description ?? '', ...listed, ...details].join('\n').toLowerCase();
}

/** The models of a place that have every word of the text somewhere. */
export function filterRows(rows: readonly ModelRow[], { place, text }: RowFilter): readonly ModelRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => isOfPlace(row, place) && words.every((word) => wordsOf(row).includes(word)));
}
