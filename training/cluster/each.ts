import { type Command, InvalidArgumentError } from 'commander';
import { findRecipe } from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import { nearestName } from '../../src/formats/nearest-name.js';

/** An option of `train` with a value for each model. */
export interface EachOption {
  readonly name: EachName;
  /** As they are written, all different. */
  readonly values: readonly string[];
}

/** The options that may differ between models. */
const EACH_NAMES = ['site', 'recipe', 'seed', 'epochs', 'loss', 'select'] as const;
const NUMBERS: readonly EachName[] = ['seed', 'epochs'];
type EachName = (typeof EACH_NAMES)[number];

/** The values of one model, by the names of their options. */
export type Combination = Readonly<Partial<Record<EachName, string>>>;

/** Where a value of an option came from that is one of several. */
const SOURCE = 'each';

/** Adds `--each` to a command that has these options. */
export function withEachOption(command: Command): Command {
  return command.option(
    '--each <name=values>',
    `a model for each of several values of ${EACH_NAMES.join(', ')}, as in seed=1,2,3; may be repeated`,
    (text: string, before: readonly EachOption[] = []) => [...before, readEach(command, text)],
  );
}

function readEach(command: Command, text: string): EachOption {
  const [, given, list = ''] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  const name = EACH_NAMES.find((each) => each === given);
  if (name === undefined) {
    const near = given === undefined ? undefined : nearestName(given, EACH_NAMES);
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    throw new InvalidArgumentError(
      `It must be one of ${EACH_NAMES.join(', ')}, = and values.${hint}`,
    );
  }
  if (NUMBERS.includes(name) && /^\d+(-|\.\.)\d+$/.test(list)) {
    throw new InvalidArgumentError(
      `It has a range of ${name}; expected each value, with commas between them, such as ${name}=1,2,3.`,
    );
  }
  const values = list.split(',');
  if (new Set(values).size < values.length) {
    throw new InvalidArgumentError(`It has a value of ${name} twice.`);
  }
  const [first] = values.map((value) => parseValue(command, name, value));
  // An option that must be given is given by this one.
  if (command.getOptionValueSource(name) !== 'cli') {
    command.setOptionValueWithSource(name, first, SOURCE);
  }
  return { name, values };
}

/** All combinations of the values, the last option varying fastest. */
export function combinations(options: readonly EachOption[]): Combination[] {
  return options.reduce<Combination[]>(
    (found, { name, values }) =>
      found.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value }))),
    [{}],
  );
}

/** The values as `train` has them. */
export function parseCombination(command: Command, combination: Combination): object {
  return Object.fromEntries(
    EACH_NAMES.flatMap((name) => {
      const text = combination[name];
      return text === undefined ? [] : [[name, parseValue(command, name, text)]];
    }),
  );
}

/** Puts values in the place of `{name}`. */
export function fillIn(template: string, combination: Combination): string {
  return Object.entries(combination).reduce(
    (text, [name, value]) => text.replaceAll(`{${name}}`, value),
    template,
  );
}

/**
 * @throws InputError where an option is given twice, or two models would have the same folder
 */
export function checkEach(command: Command, options: readonly EachOption[], out: string): void {
  for (const [index, { name }] of options.entries()) {
    const isTwice = options.findIndex((other) => other.name === name) < index;
    if (isTwice || command.getOptionValueSource(name) === 'cli') {
      throw new InputError(
        `--each ${name} is used with another value of ${name}; expected one of them`,
      );
    }
    if (!out.includes(`{${name}}`)) {
      throw new InputError(
        `--out ${out} is the same for each ${name}; expected {${name}} in it, such as models/x-{${name}}`,
      );
    }
  }
}

function parseValue(command: Command, name: EachName, text: string): unknown {
  const option = command.options.find((each) => each.attributeName() === name);
  if (name === 'recipe') findRecipe(text);
  return option?.parseArg ? option.parseArg(text, undefined as never) : text;
}
