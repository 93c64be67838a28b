import { ValidationTypes, getMetadataStorage } from 'class-validator';

type Dto = abstract new (...args: never[]) => object;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
/** The library's own type says that there are always groups. */
type Check = Omit<Metadata, 'groups'> & { readonly groups?: readonly unknown[] };

/** The checks of one field of a DTO. */
interface Field {
  readonly name: string;
  /** Whether it is to be checked at all: one that is optional and not set is not. */
  readonly conditions: readonly ((object: object, value: unknown) => boolean)[];
  readonly tests: readonly ((value: unknown, object: object) => boolean)[];
}

/** DTO -> its fields. class-validator gathers and groups its checks anew for every object, at ten times the cost of these. */
const known = new WeakMap<Dto, readonly Field[]>();

function toTests(check: Check): Field['tests'] {
  const { type, constraintCls, constraints, propertyName: property, each, groups, validateIf } = check;
  const isPlain = type === ValidationTypes.CUSTOM_VALIDATION && !each && !validateIf && (groups ?? []).length === 0;
  // What is not understood here fails, and so is left to the library.
  if (!isPlain) return [() => false];
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => (value, object) => {
      const args = { value, object, property, constraints, targetName: object.constructor.name };
      return instance.validate(value, args) === true;
    });
}

function fieldsOf(dto: Dto): readonly Field[] {
  const found = known.get(dto);
  if (found) return found;
  const storage = getMetadataStorage();
  const checks = storage.getTargetValidationMetadatas(dto, '', false, false);
  const fields = Object.entries(storage.groupByPropertyName(checks)).map(([name, own]): Field => {
    const isCondition = ({ type }: Check): boolean => type === ValidationTypes.CONDITIONAL_VALIDATION;
    return {
      name,
      conditions: own.filter(isCondition).map(({ constraints }) => constraints[0] as Field['conditions'][number]),
      tests: own.filter((check) => !isCondition(check)).flatMap(toTests),
    };
  });
  known.set(dto, fields);
  return fields;
}

/** In loops without closures: there are some thirty fields, and this runs for every request. */
function isSoundField({ name, conditions, tests }: Field, object: object): boolean {
  const value = (object as Record<string, unknown>)[name];
  for (const holds of conditions) if (!holds(object, value)) return true;
  for (const passes of tests) if (!passes(value, object)) return false;
  return true;
}

/** Whether the instance of a DTO passes all checks of its class. One that does not may still do so at class-validator. */
export function isSoundObject(object: object): boolean {
  for (const field of fieldsOf(object.constructor as Dto)) if (!isSoundField(field, object)) return false;
  return true;
}
