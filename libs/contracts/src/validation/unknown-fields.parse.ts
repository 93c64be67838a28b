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

const NONE: Readonly<Record<string, unknown>> = Object.freeze({});

/** The fields of a checked request that its DTO does not know: they are kept for runtimes that may know them. */
export function unknownFieldsOf(request: object): Readonly<Record<string, unknown>> {
  const names = knownFieldsOf(request.constructor as Dto);
  // Nearly every request has none: only the names are looked at.
  const unknown = Object.keys(request).filter((name) => !names.has(name));
  if (unknown.length === 0) return NONE;
  return Object.fromEntries(unknown.map((name) => [name, (request as Readonly<Record<string, unknown>>)[name]]));
}
