import { registerDecorator, type ValidationArguments } from 'class-validator';

/** What is wrong and where: `path` is the field as a client would write it, `message` continues "path ...". */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Finds the first problem inside the value of a property. Pure. */
export type FindProblem = (value: unknown) => Problem | undefined;

/**
 * A class-validator check by a function that also says where inside the value the problem is.
 * The finder travels in the error's context, so that the error names the exact path.
 */
export function Located(find: FindProblem): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: 'located',
      target: target.constructor,
      propertyName: String(propertyName),
      options: { context: { find } },
      validator: {
        validate: (value: unknown) => find(value) === undefined,
        defaultMessage: (args?: ValidationArguments) => find(args?.value)?.message ?? 'is invalid',
      },
    });
  };
}
