import { getMetadataStorage } from 'class-validator';

type Dto = abstract new (...args: never[]) => object;

/** DTO -> names of the fields that it checks. */
const known = new WeakMap<Dto, ReadonlySet<string>>();

function knownFieldsOf(dto: Dto): ReadonlySet<string> {
  const found = known.get(dto);
  if (found) return found;
  const checks = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const names = new Set(checks.map(({ propertyName }) => propertyName));
  known.set(dto, names);
  return names;
}

/** The fields of a checked request that its DTO does not know: they are kept for runtimes that may know them. */
export function unknownFieldsOf(request: object): Readonly<Record<string, unknown>> {
  const names = knownFieldsOf(request.constructor as Dto);
  const entries = Object.entries(request).filter(([name]) => !names.has(name));
  return Object.fromEntries(entries);
}
